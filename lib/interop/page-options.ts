import type { RetryConfig } from 'rxjs';

import type { AcquireContext } from '../core/acquire-context.js';
import type { Awaitable } from '../core/awaitable.js';
import { checkCount, checkFunction, kindOf } from '../internal/check.js';
import type { PageLimits } from './page-plan.js';
import type { RateLimiter } from './rate-limiter.js';

/** When a paginated stream stops, and how far it goes ahead. */
export interface LimitOptions<P, T> {
  /** How many pages are requested beyond the one being taken. Default 0: the next one when all items before it are taken. */
  readonly prefetch?: number;
  /** No more pages than this. Default: no limit. */
  readonly maxPages?: number;
  /** No more items than this. Default: no limit. */
  readonly maxItems?: number;
  /** Whether a page is the last. */
  readonly until?: (page: P) => boolean;
  /** Whether an empty page is the end. Default: only where pages are counted, by `offset` and `page`. */
  readonly stopOnEmpty?: boolean;
  /** What tells items apart: one that was on the page before is left out. */
  readonly key?: (item: T) => unknown;
}

/** Options that all forms of {@link paginate} share which fetch pages themselves. */
export interface PageOptions<P, T> extends LimitOptions<P, T> {
  /** RxJS's `retry` around the request of one page. Nothing that was emitted is emitted again. Default: no retry. */
  readonly retry?: RetryConfig;
  /** Holds requests back as the server asks for; share it between streams. Default: none. */
  readonly limiter?: RateLimiter;
  /** What becomes of a cursor that was handed out before: a `CursorLoopError`, the default, or the end. */
  readonly repeatedCursor?: 'error' | 'stop';
}

/** Fetches one page. The signal aborts when the consumer leaves. */
export type FetchPage<P, C> = (cursor: C | undefined, context: AcquireContext) => Awaitable<P>;

/** Checks the options, and fills in what is missing. A copy: what is changed later changes nothing. */
export function limitsOf<P, T>(
  options: PageOptions<P, T>,
  { stopOnEmpty = false }: { readonly stopOnEmpty?: boolean } = {},
): PageLimits<P, T> {
  const { prefetch = 0, maxPages = Infinity, maxItems = Infinity, repeatedCursor = 'error', until, key } = options;
  checkCount(prefetch, 'prefetch', 0);
  checkCount(maxPages, 'maxPages', 1);
  checkCount(maxItems, 'maxItems', 1);
  if (until !== undefined) checkFunction(until, 'until');
  if (key !== undefined) checkFunction(key, 'key');
  if (!['error', 'stop'].includes(repeatedCursor)) {
    throw new TypeError(`Expected repeatedCursor to be 'error' or 'stop', received ${repeatedCursor}.`);
  }
  const stops = options.stopOnEmpty ?? stopOnEmpty;
  return { prefetch, maxPages, maxItems, until, stopOnEmpty: stops, repeatedCursor, key };
}

/** A page that is itself a list of items, for the forms where that is what most servers send. */
export function listOf<P, T>(page: P): Iterable<T> {
  if (typeof page === 'object' && page !== null && Symbol.iterator in page) return page as unknown as Iterable<T>;
  throw new TypeError(
    `Expected the page to be a list of items, received ${kindOf(page)}. ` + 'Pass items, which takes them out of it.',
  );
}
