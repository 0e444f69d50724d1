import { parseHttpDate } from '../../internal/http-date.js';
import type { HttpRetryOptions } from './request-options.js';

/** Methods that do the same when they are sent twice (RFC 9110, 9.2.2). */
const IDEMPOTENT = ['GET', 'HEAD', 'OPTIONS', 'TRACE', 'PUT', 'DELETE'];

export function isIdempotent(method: string): boolean {
  return IDEMPOTENT.includes(method);
}

/** Milliseconds before the retry of this number, counted from 0: exponential, with a part left to chance. */
export function backOff(options: Required<HttpRetryOptions>, retries: number, random: () => number): number {
  const { delay, maxDelay, jitter } = options;
  return Math.min(maxDelay, delay * 2 ** retries) * (1 - jitter * random());
}

const SECONDS = /^\d{1,9}$/;

/**
 * Milliseconds that the server asks for in `Retry-After` (RFC 9110, 10.2.3), null where it does not, or says what cannot be
 * understood. A date is compared with the server's own, where it tells: our clock may go wrong.
 */
export function retryAfter(headers: Headers, now: number): number | null {
  const value = headers.get('retry-after')?.trim();
  if (value === undefined) return null;
  if (SECONDS.test(value)) return Number(value) * 1000;
  const today = parseHttpDate(headers.get('date') ?? '', now) ?? now;
  const time = parseHttpDate(value, today);
  return time === null ? null : Math.max(0, time - today);
}
