import { ResourceError, type ResourceErrorOptions } from '../../core/index.js';

/** Which request an error is about. */
export interface HttpErrorOptions extends ResourceErrorOptions {
  readonly method: string;
  /** Its address. User, password, query and fragment are left out: they may be secrets. */
  readonly url: string;
}

/** Base of the errors of `rxscope/http`. */
export class HttpError extends ResourceError {
  override name = 'HttpError';
  override readonly code: string = 'RXSCOPE_HTTP';
  /** Of the request. */
  readonly method: string;
  /** Of the request, without user, password, query and fragment. */
  readonly url: string;

  constructor(message: string, options: HttpErrorOptions) {
    super(message, { resource: options.resource ?? 'http', ...('cause' in options ? { cause: options.cause } : {}) });
    this.method = options.method;
    this.url = options.url;
  }
}

/** What an {@link HttpStatusError} is told. */
export interface HttpStatusErrorOptions extends HttpErrorOptions {
  readonly status: number;
  readonly statusText: string;
  readonly headers: Headers;
  readonly excerpt: string;
}

/**
 * The server answered with a status that is not accepted. `rateLimiter` reads it: it has `status` and `headers`.
 *
 * @example
 * ```ts
 * import { lastValue, using } from 'rxscope';
 * import { httpClient, HttpStatusError } from 'rxscope/http';
 *
 * const missing = async () => new Response('no such book', { status: 404 });
 * const book = using(httpClient({ baseUrl: 'https://example.org', fetch: missing }), (client) => client.json('/books/7'));
 * const error: unknown = await lastValue(book).catch((reason: unknown) => reason);
 * error instanceof HttpStatusError && [error.status, error.excerpt]; // => [404, 'no such book']
 * ```
 */
export class HttpStatusError extends HttpError {
  override name = 'HttpStatusError';
  override readonly code = 'RXSCOPE_HTTP_STATUS';
  readonly status: number;
  readonly statusText: string;
  /** Of the response. */
  readonly headers: Headers;
  /** The beginning of the body, at most 1000 characters. */
  readonly excerpt: string;

  constructor(message: string, options: HttpStatusErrorOptions) {
    super(message, options);
    this.status = options.status;
    this.statusText = options.statusText;
    this.headers = options.headers;
    this.excerpt = options.excerpt;
  }
}

/** No connection, or a broken one. `cause` is what the platform failed with. */
export class HttpNetworkError extends HttpError {
  override name = 'HttpNetworkError';
  override readonly code = 'RXSCOPE_HTTP_NETWORK';
}

/** A redirect that is not followed: too many, to another origin with a body, or one that the platform does not show. */
export class HttpRedirectError extends HttpError {
  override name = 'HttpRedirectError';
  override readonly code = 'RXSCOPE_HTTP_REDIRECT';
}

/** The body is not what it was read as. `cause` is why. */
export class HttpParseError extends HttpError {
  override name = 'HttpParseError';
  override readonly code = 'RXSCOPE_HTTP_PARSE';
}

/** What a client waits for, each with a limit of its own. */
export type HttpPhase = 'connect' | 'headers' | 'body' | 'total';

/** What an {@link HttpTimeoutError} is told. */
export interface HttpTimeoutErrorOptions extends HttpErrorOptions {
  readonly due: number | null;
}

/** Something took longer than its limit; the classes below it say what. */
export class HttpTimeoutError extends HttpError {
  override name = 'HttpTimeoutError';
  override readonly code: string = 'RXSCOPE_HTTP_TIMEOUT';
  /** What was waited for. */
  readonly phase: HttpPhase = 'total';
  /** The limit, in milliseconds; null where it is not ours and the platform does not tell. */
  readonly due: number | null;

  constructor(message: string, options: HttpTimeoutErrorOptions) {
    super(message, options);
    this.due = options.due;
  }
}

/** No connection within `timeout.connect`. Nothing was sent. */
export class ConnectTimeoutError extends HttpTimeoutError {
  override name = 'ConnectTimeoutError';
  override readonly code = 'RXSCOPE_HTTP_CONNECT_TIMEOUT';
  override readonly phase = 'connect';
}

/** No answer within `timeout.headers`. Whether the server did what it was asked to is not known. */
export class HeadersTimeoutError extends HttpTimeoutError {
  override name = 'HeadersTimeoutError';
  override readonly code = 'RXSCOPE_HTTP_HEADERS_TIMEOUT';
  override readonly phase = 'headers';
}

/** Nothing more of the body within `timeout.body`. */
export class BodyTimeoutError extends HttpTimeoutError {
  override name = 'BodyTimeoutError';
  override readonly code = 'RXSCOPE_HTTP_BODY_TIMEOUT';
  override readonly phase = 'body';
}

/** The request, with its retries and its body, was not over within `timeout.total`. */
export class TotalTimeoutError extends HttpTimeoutError {
  override name = 'TotalTimeoutError';
  override readonly code = 'RXSCOPE_HTTP_TOTAL_TIMEOUT';
  override readonly phase = 'total';
}
