import type { SchedulerLike } from 'rxjs';

import type { FetchPort, UndiciPort } from './fetch-port.js';
import type { DefaultHeaders } from './request-headers.js';
import type { HttpRequestOptions } from './request-options.js';
import type { QueryInput } from './request-url.js';

/** How {@link httpClient} is made. Times are milliseconds. */
export interface HttpClientOptions extends Pick<
  HttpRequestOptions,
  'timeout' | 'retry' | 'accepts' | 'redirect' | 'init'
> {
  /** Shown in errors and by `openResources()`. Default `'http'`. */
  readonly name?: string;
  /**
   * What paths are appended to. Its origin is the one that is trusted with `headers` and `query`. A user and password in it
   * are sent as `Authorization: Basic`. Default: none; each request names all of its address, and its origin is trusted.
   */
  readonly baseUrl?: string | URL;
  /** For every request; as a function it is called for each try. */
  readonly headers?: DefaultHeaders;
  /** For every request. */
  readonly query?: QueryInput;
  /**
   * How many requests to one origin may be under way at a time, and with `undici` how many connections there are; the
   * others wait in order of arrival. Default 100; `Infinity` for no limit.
   */
  readonly connections?: number;
  /** How long a closing client waits for the requests that are under way before it breaks them off. Default 10 000. */
  readonly closeTimeout?: number;
  /** undici's module, 6, 7 or 8: the client then has a pool of connections of its own, which is closed with it. */
  readonly undici?: UndiciPort;
  /**
   * Further options of undici's `Agent`: `keepAliveTimeout`, `connect`, `allowH2` and so on. `allowH2` is false unless it is
   * given, with undici 8 too: over HTTP/2 undici takes a body for complete where the server has cancelled it in the middle.
   */
  readonly agent?: Readonly<Record<string, unknown>>;
  /**
   * A dispatcher that is there already, for `undici` or `fetch` to use. It is lent: the client does not close it. One of
   * undici 8 goes with the platform's `fetch` of older versions within undici's `Dispatcher1Wrapper`.
   */
  readonly dispatcher?: object;
  /** What to send requests with. Default: that of `undici`, else the platform's `fetch` at the time of the request. */
  readonly fetch?: FetchPort;
  /** Where chance comes from, 0 to less than 1. Default `Math.random`. */
  random?(this: void): number;
  /** For all timers and for the clock. Default: RxJS's `asyncScheduler`. */
  readonly scheduler?: SchedulerLike;
}
