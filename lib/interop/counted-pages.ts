import type { AcquireContext } from '../core/acquire-context.js';
import type { Awaitable } from '../core/awaitable.js';
import { checkCount, checkFunction } from '../internal/check.js';
import { FetchSource } from './fetch-source.js';
import { limitsOf, listOf, type PageOptions } from './page-options.js';
import type { PageCount, PagePlan } from './page-plan.js';
import { Pages } from './pages.js';

/** Options of `paginate.offset`. */
export interface OffsetOptions<P, T> extends PageOptions<P, T> {
  readonly fetch: (offset: number, limit: number, context: AcquireContext) => Awaitable<P>;
  /** How many items to ask for. A server may send fewer; the next request begins after those it sent. */
  readonly limit: number;
  /** Default: the page is a list of items. All of them: leave some out downstream, or the next request begins too early. */
  readonly items?: (page: P) => Iterable<T>;
  /** How many items there are in all, where a page tells. Then there is no request for what is not there, and several at once. */
  readonly total?: (page: P) => number | undefined;
  /** Where to begin. Default 0. */
  readonly start?: number;
}

/** Options of `paginate.page`. */
export interface NumberedOptions<P, T> extends PageOptions<P, T> {
  readonly fetch: (page: number, size: number, context: AcquireContext) => Awaitable<P>;
  /** How many items to ask for. */
  readonly size: number;
  /** The number of the first page. Default 1. */
  readonly first?: number;
  /** Default: the page is a list of items. */
  readonly items?: (page: P) => Iterable<T>;
  /** How many items there are in all, where a page tells. Then there is no request for what is not there, and several at once. */
  readonly total?: (page: P) => number | undefined;
  /** Where to begin. Default: `first`. */
  readonly start?: number;
}

/** Pages that begin at an offset, counted in items. */
export function offsetPages<P, T>(options: OffsetOptions<P, T>): Pages<T, P, number> {
  const { fetch, limit, total, start = 0 } = options;
  checkCount(limit, 'limit', 1);
  checkCount(start, 'start', 0);
  return countedPages(options, {
    start,
    fetch: (offset, context) => fetch(offset, limit, context),
    // After a page that is empty and not the end it goes on as after a full one, not with the same page again.
    next: (page, offset, { length }) => below(total?.(page), offset + (length === 0 ? limit : length)),
    ahead: (page, { stride }) => {
      const all = total?.(page);
      if (all === undefined || stride === 0) return null;
      return (offset, length = stride) => below(all, offset + (length === 0 ? stride : length));
    },
  });
}

/** Pages by number. */
export function numberedPages<P, T>(options: NumberedOptions<P, T>): Pages<T, P, number> {
  const { fetch, size, first = 1, total, start = first } = options;
  checkCount(size, 'size', 1);
  checkNumber(first, 'first');
  checkNumber(start, 'start');
  // A server may send fewer items than it was asked for: the first page of a run tells how long pages really are.
  return countedPages(options, {
    start,
    fetch: (number, context) => fetch(number, size, context),
    next: (page, number, { seen, stride }) => {
      const all = total?.(page);
      return all === undefined || (start - first) * stride + seen < all ? number + 1 : undefined;
    },
    ahead: (page, { stride }) => {
      const all = total?.(page);
      if (all === undefined || stride === 0) return null;
      return (number) => ((number + 1 - first) * stride < all ? number + 1 : undefined);
    },
  });
}

/** The offset, unless all there is comes before it. */
function below(all: number | undefined, offset: number): number | undefined {
  return all === undefined || offset < all ? offset : undefined;
}

interface Counting<P> {
  readonly start: number;
  fetch(this: void, cursor: number, context: AcquireContext): Awaitable<P>;
  next(this: void, page: P, cursor: number, count: PageCount): number | undefined;
  ahead(this: void, page: P, count: PageCount): ((cursor: number, length?: number) => number | undefined) | null;
}

function countedPages<P, T>(
  options: PageOptions<P, T> & Pick<OffsetOptions<P, T>, 'fetch' | 'items' | 'total'>,
  { start, fetch, next, ahead }: Counting<P>,
): Pages<T, P, number> {
  const { items = listOf, retry, limiter } = options;
  checkFunction(options.fetch, 'fetch');
  checkFunction(items, 'items');
  if (options.total !== undefined) checkFunction(options.total, 'total');
  const plan: PagePlan<P, T, number> = {
    start,
    isCounted: true,
    isGuarded: false, // numbers only grow
    open: (link) => new FetchSource((cursor, context) => fetch(cursor ?? start, context), { retry, limiter }, link),
    items,
    next: (page, cursor, count) => next(page, cursor ?? start, count),
    ahead: (page, _, count) => {
      const known = ahead(page, count);
      return known === null ? null : (cursor, length) => known(cursor ?? start, length);
    },
  };
  return new Pages(plan, limitsOf(options, { stopOnEmpty: true }));
}

function checkNumber(value: number, what: string): void {
  if (Number.isInteger(value)) return;
  throw new RangeError(`Expected ${what} to be a whole number, received ${String(value)}.`);
}
