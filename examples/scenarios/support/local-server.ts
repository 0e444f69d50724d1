import { once } from 'node:events';
import { createServer, type RequestListener } from 'node:http';
import type { AddressInfo } from 'node:net';
import { mapValue, resource, type Resource } from 'rxscope';

/** A web server on a free port of this machine. Its handle is its address. */
export function localServer(answer: RequestListener): Resource<string> {
  return resource({
    name: 'server',
    async acquire() {
      const server = createServer(answer);
      server.listen(0, '127.0.0.1');
      await once(server, 'listening');
      return server;
    },
    async release(server) {
      const closed = once(server, 'close');
      server.close();
      server.closeAllConnections();
      await closed;
    },
  }).pipe(mapValue((server) => `http://127.0.0.1:${String((server.address() as AddressInfo).port)}`));
}
