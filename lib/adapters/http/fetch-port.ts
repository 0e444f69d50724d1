/** What `fetch` is called with here. Platforms know more; `init` of a request is passed on as it is. */
export interface FetchInit {
  readonly method?: string;
  readonly headers?: [string, string][];
  /** Text, bytes, a `Blob` or a `ReadableStream`: no type of these is the same everywhere. */
  readonly body?: never;
  readonly duplex?: 'half';
  readonly signal?: AbortSignal;
  readonly redirect?: 'follow' | 'manual' | 'error';
  /** What undici sends the request through. */
  readonly dispatcher?: never;
}

/** As much of a `Response` as is used here. */
export interface FetchedResponse {
  readonly status: number;
  readonly statusText: string;
  /** `opaqueredirect` where the platform follows redirects itself or not at all. */
  readonly type: string;
  readonly url: string;
  readonly headers: Iterable<[string, string]>;
  readonly body: FetchedBody | null;
}

/** As much of a `ReadableStream` as is used here. */
export interface FetchedBody {
  getReader(): FetchedReader;
}

/** As much of its reader as is used here. */
export interface FetchedReader {
  read(): PromiseLike<{ readonly done: boolean; readonly value?: unknown }>;
  cancel(reason?: unknown): PromiseLike<unknown>;
}

/** A `fetch`: the platform's, undici's, or one that stands in for it. */
export interface FetchPort {
  (this: void, url: string, init: FetchInit): PromiseLike<FetchedResponse>;
}

/** What undici's pool of connections is here: something that can be closed. */
export interface DispatcherPort {
  destroy(): PromiseLike<void>;
}

/**
 * The module `undici`, 6, 7 or 8, or two things that go together like these: a `fetch`, and what makes a pool of connections
 * for it. The platform's own `fetch` does not go with a pool of any undici: between some versions it fails.
 */
export interface UndiciPort {
  readonly fetch: FetchPort;
  readonly Agent: new (options?: object) => DispatcherPort;
}
