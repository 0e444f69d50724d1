import { once } from 'node:events';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { mapValue, resource, type Resource } from 'rxscope';
import type { City } from './city.js';

/** Where the pages are. */
export interface PageServer {
  readonly url: string;
  /** How many places there are on all pages together. */
  readonly total: number;
}

/** A web server with the cities by pages: `?page=&size=`, an empty array after the last one. */
export function pageServer(read: () => Promise<readonly City[]>): Resource<PageServer> {
  return resource({
    name: 'page server',
    async acquire() {
      const cities = await read();
      const server = createServer((request, response) => {
        answer(cities, request, response);
      });
      server.listen(0, '127.0.0.1');
      await once(server, 'listening');
      return { server, total: cities.length };
    },
    release: ({ server }) => closed(server),
  }).pipe(
    mapValue(({ server, total }) => {
      const { port } = server.address() as AddressInfo;
      return { url: `http://127.0.0.1:${String(port)}/cities`, total };
    }),
  );
}

function answer(cities: readonly City[], { url = '/' }: IncomingMessage, response: ServerResponse): void {
  const { pathname, searchParams } = new URL(url, 'http://localhost');
  const page = Number(searchParams.get('page') ?? 1);
  const size = Number(searchParams.get('size') ?? 100);
  const isValid = pathname === '/cities' && page >= 1 && size >= 1 && Number.isInteger(page) && Number.isInteger(size);
  if (!isValid) {
    response.writeHead(pathname === '/cities' ? 400 : 404).end();
    return;
  }
  if (page * size < cities.length) {
    response.setHeader('link', `</cities?page=${String(page + 1)}&size=${String(size)}>; rel="next"`);
  }
  response.setHeader('content-type', 'application/json');
  response.end(JSON.stringify(cities.slice((page - 1) * size, page * size)));
}

async function closed(server: Server): Promise<void> {
  const closing = once(server, 'close');
  server.close();
  // The answers are out: whoever wanted one has gone. Kept-alive connections would hold the server open for seconds.
  server.closeAllConnections();
  await closing;
}
