import {
  ConnectTimeoutError,
  BodyTimeoutError,
  HeadersTimeoutError,
  HttpNetworkError,
  type HttpError,
} from './errors.js';

/** What of a request is shown in errors. */
export interface ShownRequest {
  readonly resource: string;
  readonly method: string;
  readonly url: string;
}

/** Names of undici for timeouts of its own, and ours. */
const TIMEOUTS = new Map([
  ['UND_ERR_CONNECT_TIMEOUT', { Kind: ConnectTimeoutError, what: 'there was no connection' }],
  ['UND_ERR_HEADERS_TIMEOUT', { Kind: HeadersTimeoutError, what: 'there was no answer' }],
  ['UND_ERR_BODY_TIMEOUT', { Kind: BodyTimeoutError, what: 'nothing more of the body came' }],
]);

/** What a platform's `fetch` or body has failed with, as an error of ours. `connect`: the limit that undici was given. */
export function networkFailure(cause: unknown, request: ShownRequest, connect: number | null): HttpError {
  const { method, url } = request;
  for (const { code } of causesOf(cause)) {
    const timeout = typeof code === 'string' ? TIMEOUTS.get(code) : undefined;
    if (timeout === undefined) continue;
    const due = timeout.Kind === ConnectTimeoutError ? connect : null;
    const within = due === null ? 'in time' : `within ${String(due)} ms`;
    return new timeout.Kind(`${method} ${url}: ${timeout.what} ${within}.`, { ...request, due, cause });
  }
  const reason = causesOf(cause)
    .map(({ message }) => message)
    .filter((message) => typeof message === 'string' && message !== '')
    .join(': ');
  return new HttpNetworkError(`${method} ${url} failed: ${reason}.`, { ...request, cause });
}

/** Steps of a connection before anything is sent on it. */
const BEFORE_SENDING = ['connect', 'getaddrinfo'];

/** Whether the server cannot have seen anything of the request: then any method may be tried again. */
export function wasNeverSent(failure: unknown): boolean {
  if (failure instanceof ConnectTimeoutError) return true;
  return failure instanceof HttpNetworkError && causesOf(failure.cause).some(isBeforeSending);
}

function isBeforeSending({ syscall, errors }: Failure): boolean {
  if (Array.isArray(errors) && errors.length > 0) return errors.every((each: Failure) => isBeforeSending(each));
  return typeof syscall === 'string' && BEFORE_SENDING.includes(syscall);
}

interface Failure {
  readonly code?: unknown;
  readonly syscall?: unknown;
  readonly message?: unknown;
  /** Of an `AggregateError`: one for each address that was tried. */
  readonly errors?: unknown;
  readonly cause?: unknown;
}

/** An error and its causes, without going in a circle. */
function causesOf(error: unknown): Failure[] {
  const causes = new Set<Failure>();
  for (let at = error as Failure | null | undefined; typeof at === 'object' && at !== null && !causes.has(at);) {
    causes.add(at);
    at = at.cause as Failure | null | undefined;
  }
  return [...causes];
}
