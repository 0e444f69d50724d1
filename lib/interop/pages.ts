import type { Subscriber } from 'rxjs';

import type { Collector } from '../core/engine/scope.js';
import { Flow } from '../core/supply-observable.js';
import type { Supply, Taker } from '../core/supply.js';
import { AskableObservable } from './askable-observable.js';
import { Pager } from './pager.js';
import type { Entry, PageLimits, PagePlan } from './page-plan.js';

/** A page, and where to go on. */
export interface Page<P, C> {
  readonly page: P;
  /**
   * Where to go on after this page: pass it as `start`, and nothing is repeated and nothing left out. Undefined where the
   * page was the last.
   */
  readonly cursor: C | undefined;
}

/**
 * The items of all pages, as {@link paginate} makes them: an observable, and an async iterable. Each subscription and each
 * loop begins at the start and keeps a cursor of its own.
 *
 * @example
 * ```ts
 * import { toArray } from 'rxjs';
 * import { lastValue, paginate } from 'rxscope';
 *
 * const numbers = paginate.offset({
 *   limit: 2,
 *   fetch: async (offset, limit) => [1, 2, 3].slice(offset, offset + limit),
 * });
 * const looped: number[] = [];
 * for await (const number of numbers) looped.push(number);
 * [looped, await lastValue(numbers.pipe(toArray()))]; // => [[1, 2, 3], [1, 2, 3]]
 * ```
 */
export class Pages<T, P = readonly T[], C = unknown> extends AskableObservable<T> {
  /** The pages themselves, each with the cursor to go on from. */
  readonly pages: AskableObservable<Page<P, C>>;

  /** @internal */
  constructor(plan: PagePlan<P, T, C>, limits: PageLimits<P, T>) {
    const open = (taker: Taker<Entry<P, T, C>>, link: Collector | null): Supply =>
      new Pager(plan, limits, taker, link, true);
    super(
      (taker, link) => new ItemSupply(taker, limits.maxItems, (entries) => open(entries, link)),
      (subscriber) => {
        new ItemFlow<P, T, C>(subscriber, limits.maxItems).start(open);
      },
    );
    this.pages = new AskableObservable<Page<P, C>>((taker, link) => {
      return new Pager(plan, limits, new PageTakerOf(taker), link, false);
    });
  }
}

/** Hands on pages without what only the run needs. */
class PageTakerOf<P, T, C> implements Taker<Entry<P, T, C>> {
  constructor(private readonly taker: Taker<Page<P, C>>) {}

  next({ page, cursor }: Entry<P, T, C>): void {
    this.taker.next({ page, cursor });
  }

  error(error: unknown): void {
    this.taker.error(error);
  }

  complete(): void {
    this.taker.complete();
  }
}

/** The items of each page at one go, then the next page. */
class ItemFlow<P, T, C> extends Flow<Entry<P, T, C>, T> {
  constructor(
    subscriber: Subscriber<T>,
    private left: number,
  ) {
    super(subscriber);
  }

  protected override hand(entry: Entry<P, T, C>): void {
    const { subscriber } = this;
    const items = entry.items();
    const count = Math.min(items.length, this.left);
    this.left -= count;
    for (let i = 0; i < count && !subscriber.closed; i++) subscriber.next(items[i] as T);
  }
}

/** The items one by one, for who asks. */
class ItemSupply<P, T, C> implements Supply, Taker<Entry<P, T, C>> {
  private readonly pager: Supply;
  private items: readonly T[] = [];
  private index = 0;

  constructor(
    private readonly taker: Taker<T>,
    private left: number,
    open: (taker: Taker<Entry<P, T, C>>) => Supply,
  ) {
    this.pager = open(this);
  }

  ask(): void {
    if (this.index < this.items.length) this.give();
    else this.pager.ask();
  }

  next(entry: Entry<P, T, C>): void {
    const items = entry.items();
    this.items = items.length > this.left ? items.slice(0, this.left) : items;
    this.left -= this.items.length;
    this.index = 0;
    this.ask();
  }

  error(error: unknown): void {
    this.taker.error(error);
  }

  complete(): void {
    this.taker.complete();
  }

  unsubscribe(): void {
    this.items = [];
    this.pager.unsubscribe();
  }

  close(done: Parameters<Supply['close']>[0]): void {
    this.items = [];
    this.pager.close(done);
  }

  private give(): void {
    this.taker.next(this.items[this.index++] as T);
  }
}
