/**
 * Scenario 14: an HTTP client with a base address, limits of time and connections of its own, closed after its requests.
 *
 * Python: `async with httpx.AsyncClient(base_url=…) as client`, `aiohttp.ClientSession(timeout=…)`
 */
import { createServer, type RequestListener, type Server } from 'node:http';
import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import { catchError, from, mergeMap, of, toArray } from 'rxjs';
import { lastValue, resource, use, type Resource } from 'rxscope';
import { httpClient, HttpStatusError, HttpTimeoutError } from 'rxscope/http';
import * as undici from 'undici';
import { runDirectly } from './support/run-directly.js';

interface Book {
  readonly id: number;
  readonly title: string;
}

const titles = ['Amok', 'Bambi', 'Chess'];

/** Answers the third time it is asked for a book, takes new ones, and never answers for `/slow`. */
function shop(): RequestListener {
  let asked = 0;
  return (request, response) => {
    const { method, url = '/' } = request;
    const id = Number(url.split('/').pop());
    if (url === '/v1/slow') return;
    if (method === 'POST') request.pipe(response.writeHead(201, { 'content-type': 'application/json' }));
    else if (++asked < 3) response.writeHead(503, { 'retry-after': '0' }).end();
    else if (titles[id] === undefined) response.writeHead(404).end('no such book');
    else response.end(JSON.stringify({ id, title: titles[id] }));
  };
}

/** A server whose connections are counted, because the client is to leave none. */
function counted(answer: RequestListener): Resource<Server> {
  return resource({
    name: 'server',
    async acquire() {
      const server = createServer(answer).listen(0, '127.0.0.1');
      await once(server, 'listening');
      return server;
    },
    async release(server) {
      const closed = once(server, 'close');
      server.close(); // waits for connections: it would hang if the client had left one
      await closed;
    },
  });
}

export async function main(log: (line: string) => void) {
  const work = counted(shop()).pipe(
    use((server) => {
      const client = httpClient({
        baseUrl: `http://127.0.0.1:${String((server.address() as AddressInfo).port)}/v1`,
        headers: { authorization: 'Bearer 1234' },
        timeout: { headers: 200 },
        connections: 2,
        undici, // connections of its own, closed with it; without it those of the platform
      });
      return client.pipe(
        use(async (api) => {
          const first = await lastValue(api.json<Book>('/books/0'));
          log(`${first.title}, after ${String(api.stats.retries)} retries`);

          const added = await lastValue(api.json<Book>('/books', { method: 'POST', json: { id: 3, title: 'Demian' } }));
          log(`added ${added.title}`);

          const all = await lastValue(
            from([0, 1, 2]).pipe(
              mergeMap((id) => api.json<Book>(`/books/${String(id)}`)),
              toArray(),
            ),
          );

          const missing = api.get('/books/9').pipe(
            use((response) => response.lines()),
            catchError((error: unknown) =>
              of(error instanceof HttpStatusError ? `${String(error.status)}: ${error.excerpt}` : ''),
            ),
          );
          log(await lastValue(missing));

          const slow = api
            .text('/slow', { retry: 0 })
            .pipe(
              catchError((error: unknown) => of(error instanceof HttpTimeoutError ? `no ${error.phase} in time` : '')),
            );
          log(await lastValue(slow));
          return { first: first.title, titles: all.map(({ title }) => title).sort(), requests: api.stats.requests };
        }),
      );
    }),
  );
  return lastValue(work);
}

runDirectly('14-http-client.ts', main);
