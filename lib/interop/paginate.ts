import type { AcquireContext } from '../core/acquire-context.js';
import { checkFunction } from '../internal/check.js';
import { numberedPages, offsetPages, type NumberedOptions, type OffsetOptions } from './counted-pages.js';
import { FetchSource } from './fetch-source.js';
import { IterableSource } from './iterable-source.js';
import { linkedPages, type LinkedPage, type LinkOptions } from './link-pages.js';
import { limitsOf, type FetchPage, type LimitOptions, type PageOptions } from './page-options.js';
import { Pages } from './pages.js';
import { supplyOf, type AskableInput } from './supply-of.js';

/** Options of {@link paginate} and `paginate.cursor`. */
export interface PaginateOptions<P, T, C> extends PageOptions<P, T> {
  /** Where to begin: the cursor of an earlier run, to resume it. Default: the first `fetch` gets `undefined`. */
  readonly start?: C;
  readonly fetch: FetchPage<P, C>;
  /** The items of a page. */
  readonly items: (page: P) => Iterable<T>;
  /** Where the next page is. Undefined, null and the empty string: the page was the last. */
  readonly next: (page: P, cursor: C | undefined) => C | null | undefined;
}

/** Options of {@link paginate} for what goes through pages itself. */
export interface IterablePagesOptions<P, T> extends LimitOptions<P, T> {
  /** The items of what it yields. Default: each is an item. */
  readonly items?: (page: P) => Iterable<T>;
}

/** The function {@link paginate} and its forms. */
export interface Paginate {
  <P, T, C>(options: PaginateOptions<P, T, C>): Pages<T, P, C>;
  /** What goes through pages itself: the paginator of an SDK, or a function that makes one for each subscription. */
  <P, T = P>(
    source: AsyncIterable<P> | ((context: AcquireContext) => AsyncIterable<P>),
    options?: IterablePagesOptions<P, T>,
  ): Pages<T, P, undefined>;
  /** Pages by offset, until one is empty. `fetch` gets the offset, counted in items, and the limit. */
  offset<T>(options: OffsetOptions<readonly T[], T> & { readonly items?: undefined }): Pages<T, readonly T[], number>;
  offset<P, T>(options: OffsetOptions<P, T>): Pages<T, P, number>;
  /** Pages by number, until one is empty. `fetch` gets the number and the size. */
  page<T>(options: NumberedOptions<readonly T[], T> & { readonly items?: undefined }): Pages<T, readonly T[], number>;
  page<P, T>(options: NumberedOptions<P, T>): Pages<T, P, number>;
  /** Pages by a cursor, or token, that each page has for the next. */
  cursor<P, T, C>(options: PaginateOptions<P, T, C>): Pages<T, P, C>;
  /** Pages that name the next one in a `Link` header (RFC 8288), fetched with the platform's `fetch`. */
  link<T>(
    options: LinkOptions<readonly T[], T> & { readonly items?: undefined },
  ): Pages<T, LinkedPage<readonly T[]>, string>;
  link<B, T>(options: LinkOptions<B, T>): Pages<T, LinkedPage<B>, string>;
}

/**
 * A paginated source as one stream of items: an observable, and an async iterable.
 *
 * ```marbles paginate
 * requests  ---(p!)  ---(q!)  ---(r!)
 * pull      -----1--2-----3--4-----5--6|
 * ```
 *
 * Pages of two items, gone through by {@link pull}; `!` marks a request that has answered. With a `prefetch` of 1:
 *
 * ```marbles paginate-prefetch
 * requests  ---(p!)  ---(r!)
 * requests     ---(q!)
 * pull      -----1--2--3--4--5--6|
 * ```
 *
 * | form | the next page |
 * | --- | --- |
 * | `paginate`, `paginate.cursor` | is where `next` says |
 * | `paginate.offset`, `paginate.page` | begins after the items before, or has the next number, until one is empty |
 * | `paginate.link` | is named in the `Link` header |
 * | `paginate(iterable)` | is what a paginator of somebody else yields next |
 *
 * **Guarantees** (law 34). Nothing is requested before it is subscribed, and no more than `prefetch` pages beyond what has
 * been taken; nothing once the consumer has enough. What "taken" is, the consumer says: a loop and {@link pull} by
 * asking, a subscriber by returning from its handler. Items come in the order of the pages, each once. An empty page in the
 * middle ends nothing, unless `stopOnEmpty` says so. Subscriptions share neither cursor nor signal, and the options are
 * read once. A cursor that was seen before is a `CursorLoopError`, not an endless loop; the last thousand are compared, longer
 * circles are found a little later, in bounded memory. Where `total` tells how many items there are, up to `prefetch`
 * pages are requested side by side, and still come in order.
 *
 * **Resuming.** `.pages` emits each page with the `cursor` to go on from: as `start` it repeats and leaves out nothing. `retry`
 * repeats the request of a single page. `limiter` keeps to what the server asks for, see {@link rateLimiter}.
 *
 * **Cancellation.** Unsubscribing aborts the signal, and with it the requests under way; what does not stop is waited for as a
 * background release. **Errors.** What `fetch`, `items` or `next` fail with, when it is the page's turn; `CursorLoopError`;
 * RxJS's `EmptyError` for an observable without a page; a `ResourceError` whose `cause` is the response, of `paginate.link`,
 * where that is no success. `TypeError` and `RangeError` at the call for wrong options.
 *
 * @example
 * ```ts
 * import { take, toArray } from 'rxjs';
 * import { lastValue, paginate } from 'rxscope';
 *
 * const requested: string[] = [];
 * const shelf = new Map([['', { books: ['a', 'b'], more: 'two' }], ['two', { books: ['c', 'd'], more: '' }]]);
 * const books = paginate({
 *   fetch: async (cursor: string | undefined) => {
 *     requested.push(cursor ?? 'first');
 *     return shelf.get(cursor ?? '')!;
 *   },
 *   items: (page) => page.books,
 *   next: (page) => page.more,
 * });
 * await lastValue(books.pipe(take(2), toArray())); // => ['a', 'b']
 * await lastValue(books.pipe(toArray())); // => ['a', 'b', 'c', 'd']
 * requested; // => ['first', 'first', 'two']
 * ```
 */
export const paginate: Paginate = /* @__PURE__ */ Object.assign(either, {
  offset: offsetPages,
  page: numberedPages,
  cursor: cursorPages,
  link: linkedPages,
}) as Paginate;

function either(
  source: PaginateOptions<unknown, unknown, unknown> | AskableInput<unknown>,
  options: IterablePagesOptions<unknown, unknown> = {},
): unknown {
  return isOptions(source) ? cursorPages(source) : iterablePages(source, options);
}

function isOptions(source: object): source is PaginateOptions<unknown, unknown, unknown> {
  if (typeof source !== 'object' || (source as object | null) === null) return false;
  return 'fetch' in source && !(Symbol.asyncIterator in source); // what SDKs make has all kinds of methods
}

function cursorPages<P, T, C>(options: PaginateOptions<P, T, C>): Pages<T, P, C> {
  const { start, fetch, items, next, retry, limiter } = options;
  checkFunction(fetch, 'fetch');
  checkFunction(items, 'items');
  checkFunction(next, 'next');
  return new Pages<T, P, C>(
    {
      start,
      isCounted: false,
      isGuarded: true,
      open: (link) => new FetchSource(fetch, { retry, limiter }, link),
      items,
      next: (page, cursor) => next(page, cursor),
    },
    limitsOf(options),
  );
}

/** Stands for the next page where only the iterator knows where it is. */
const ONWARDS = 'onwards';

function iterablePages<P, T>(source: AskableInput<P>, options: IterablePagesOptions<P, T>): Pages<T, P, undefined> {
  const { items = only } = options;
  checkFunction(items, 'items');
  const open = supplyOf(source);
  const pages: Pages<T, P, string> = new Pages<T, P, string>(
    {
      start: undefined,
      isCounted: false,
      isGuarded: false,
      isOpaque: true,
      open: (link) => new IterableSource(open, link),
      items,
      next: () => ONWARDS,
    },
    limitsOf(options),
  );
  return pages as never;
}

function only<P, T>(item: P): Iterable<T> {
  return [item] as never;
}
