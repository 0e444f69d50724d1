import { lease, settled, type Lease } from '../../../../lib/index.js';
import { httpClient, type HttpClient, type HttpClientOptions } from '../../../../lib/adapters/http/index.js';
import { WebServer } from './web-server.js';

/** A server, and a client of it that is opened in a test. */
export interface Served {
  readonly server: WebServer;
  /** Its base is the server, and nothing is tried again, unless the options say otherwise. One at a time. */
  open(options?: HttpClientOptions): Promise<HttpClient>;
  /** What happens after the test as well. */
  close(): Promise<void>;
}

/** Both anew for each test of the suite. After it a client with connections of its own has left none. */
export function useServed(defaults: HttpClientOptions): Served {
  const server = new WebServer();
  let held: Lease<HttpClient> | undefined;

  const close = async (): Promise<void> => {
    const leaving = held;
    held = undefined;
    await leaving?.release();
  };

  beforeEach(() => server.start());

  afterEach(async () => {
    await close();
    await settled();
    if (defaults.undici !== undefined) await server.isLeft();
    await server.stop();
  });

  return {
    server,
    async open(options = {}) {
      held = await lease(httpClient({ baseUrl: server.url, retry: 0, ...defaults, ...options }));
      return held.value;
    },
    close,
  };
}
