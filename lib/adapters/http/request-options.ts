import type { RequestBody } from './request-body.js';
import type { HeadersInput } from './request-headers.js';
import type { QueryInput } from './request-url.js';

/** How long each part of a request may take, in milliseconds; `Infinity`: as long as it likes. */
export interface HttpTimeouts {
  /** To get a connection. Only with `undici`, and for a client as a whole. Default 10 000. */
  readonly connect?: number;
  /**
   * From when a request is sent until its answer begins. Connecting counts; a body that is a stream does not: it begins
   * anew with each of its chunks. Default 30 000.
   */
  readonly headers?: number;
  /** From one chunk of the body to the next, while somebody reads. Default 30 000. */
  readonly body?: number;
  /** For all of it: waiting for a free slot, every try and the waits between them, and the body. Default `Infinity`. */
  readonly total?: number;
}

/** When a request is sent again, and after how long. */
export interface HttpRetryOptions {
  /** How often, after the first try. Default 2; 0 for never. */
  readonly count?: number;
  /** Which statuses are tried again. Default 408, 425, 429, 500, 502, 503 and 504. */
  readonly statuses?: readonly number[];
  /** Milliseconds before the first retry; twice as much before each further one. Default 500. */
  readonly delay?: number;
  /** Milliseconds, the longest of these waits. Default 10 000. */
  readonly maxDelay?: number;
  /** How much of a wait is left to chance: 0.5 makes it between half of it and all. Default 0.5. */
  readonly jitter?: number;
  /**
   * Milliseconds. `Retry-After` of the server is kept to up to here, in place of the wait that would be due; where it asks for
   * more, the request is not tried again. Default 60 000.
   */
  readonly maxRetryAfter?: number;
}

/** What becomes of a redirect: it is followed by the rules of {@link httpClient}, handed out as it is, or an error. */
export type RedirectPolicy = 'follow' | 'manual' | 'error';

/** How one request is made. What is not given is taken from the client. */
export interface HttpRequestOptions {
  /** Default `GET`. */
  readonly method?: string;
  /** Added to those of the client; of one name, these count. */
  readonly headers?: HeadersInput;
  /** Added to the query of the address and of the client. */
  readonly query?: QueryInput;
  /** Sent as JSON, with its `content-type`. Written out at the call. */
  readonly json?: unknown;
  /** Sent as it is. Bytes, text and forms can be sent again; a stream cannot, unless it is a function that opens one. */
  readonly body?: RequestBody;
  /** Milliseconds: one number is `total`. */
  readonly timeout?: number | HttpTimeouts;
  /** How often and when to try again; one number is `count`. */
  readonly retry?: number | HttpRetryOptions;
  /** Whether it does no harm to send it twice. Default: by its method (RFC 9110, 9.2.2). */
  readonly idempotent?: boolean;
  /** Which statuses are answers; the others are an {@link HttpStatusError}. Default: 200 to 299. */
  readonly accepts?: (this: void, status: number) => boolean;
  readonly redirect?: RedirectPolicy;
  /** Ends the request where it aborts, with its reason. The listener goes with the request. Unsubscribing does the same. */
  readonly signal?: AbortSignal;
  /** For the platform's `fetch` as it is: `credentials`, `mode`, `cache`, `priority` and so on. */
  readonly init?: Readonly<Record<string, unknown>>;
}
