import type { Exit } from '../core/engine/exit.js';
import type { Collector } from '../core/engine/scope.js';

/** What is told to whoever asked for a page. */
export interface PageTaker<P> {
  arrive(page: P): void;
  /** There is no such page: the one before was the last. */
  end(): void;
  error(error: unknown): void;
}

/** Where the pages of one run come from. */
export interface PageSource<P, C> {
  request(cursor: C | undefined, taker: PageTaker<P>): void;
  /** Leaves what is under way, and tells when and how that is over. */
  close(done: (outcome: Exit) => void): void;
}

/** How many items there were. */
export interface PageCount {
  /** On this page. */
  readonly length: number;
  /** On the first page of the run. */
  readonly stride: number;
  /** On all pages of the run so far. */
  readonly seen: number;
}

/** Where the page after a cursor is: if it has as many items as it should, or, where that is known by then, `length`. */
export type Ahead<C> = (cursor: C | undefined, length?: number) => C | undefined;

/** How pages are found and taken apart: what the forms of `paginate` differ in. */
export interface PagePlan<P, T, C> {
  readonly start: C | undefined;
  open(link: Collector | null): PageSource<P, C>;
  items(page: P): Iterable<T>;
  /** Where the next page is. Undefined, null and the empty string: there is none. */
  next(page: P, cursor: C | undefined, count: PageCount): C | null | undefined;
  /** Where the page after a cursor is, as far as this can be known without having it; null as long as it cannot. */
  ahead?(page: P, cursor: C | undefined, count: PageCount): Ahead<C> | null;
  /** Whether it has to know how many items there are on each page. */
  readonly isCounted: boolean;
  /** Whether only the source knows where it is, so that nobody can be told a cursor. */
  readonly isOpaque?: boolean;
  /** Whether cursors are those of somebody else, who may send us in a circle. */
  readonly isGuarded: boolean;
}

/** When to stop, and how far to go ahead, with everything filled in. */
export interface PageLimits<P, T> {
  readonly prefetch: number;
  readonly maxPages: number;
  readonly maxItems: number;
  readonly until: ((page: P) => boolean) | undefined;
  readonly stopOnEmpty: boolean;
  readonly repeatedCursor: 'error' | 'stop';
  /** What tells items apart, where pages may overlap. */
  readonly key: ((item: T) => unknown) | undefined;
}

/** A page with what the run knows about it. */
export interface Entry<P, T, C> {
  readonly page: P;
  /** Where to go on after it. */
  readonly cursor: C | undefined;
  /** Those that were not on the page before. Taken out of the page when they are first wanted, and once. */
  items(): readonly T[];
}
