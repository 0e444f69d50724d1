import type { HttpClientOptions } from './client-options.js';
import type { DispatcherPort, FetchInit, FetchedResponse, FetchPort } from './fetch-port.js';

/** What requests are sent with, and closed at the end. */
export class Transport {
  /** Milliseconds to connect, where that is up to us. */
  readonly connect: number | null;
  private readonly pool: DispatcherPort | null;

  constructor(
    private readonly options: HttpClientOptions,
    connections: number,
    connect: number,
  ) {
    const { undici, dispatcher, agent = {} } = options;
    const isOwn = undici !== undefined && dispatcher === undefined;
    this.connect = isOwn ? connect : null;
    this.pool = isOwn ? new undici.Agent(agentOptions(agent, connections, connect)) : null;
  }

  /** Calls `fetch` as methods and as functions are to be called: the platform's does not like to be a method. */
  send(url: string, init: FetchInit): PromiseLike<FetchedResponse> {
    const { fetch, undici, dispatcher = this.pool ?? undefined } = this.options;
    const port: FetchPort = fetch ?? undici?.fetch ?? globalThis.fetch;
    return port(url, dispatcher === undefined ? init : { ...init, dispatcher: dispatcher as never });
  }

  /** Closes the connections that the client has of its own. */
  async close(): Promise<void> {
    await this.pool?.destroy();
  }
}

/**
 * Waiting for headers and for the body is timed here, with the scheduler, and more exactly than undici does. HTTP/2, which
 * undici 8 would begin with, has to be asked for: over it a body that the server cancels in the middle looks complete.
 */
function agentOptions(given: Readonly<Record<string, unknown>>, connections: number, connect: number): object {
  const connector = given['connect'];
  return {
    headersTimeout: 0,
    bodyTimeout: 0,
    allowH2: false,
    ...(connections === Infinity ? {} : { connections }),
    ...given,
    connect: typeof connector === 'function' ? connector : { timeout: timeoutOf(connect), ...(connector as object) },
  };
}

/** undici takes 0 for none. */
function timeoutOf(due: number): number {
  return due === Infinity ? 0 : due;
}
