import { andThen, resource, type Lease, type Resource } from '../../core/index.js';
import { Crowd } from './crowd.js';
import type { LockView } from './lock-cases.js';
import type { Trial } from './trial.js';
import { Item, type PooledItem, type Workshop } from './workshop.js';

/** The part of a pool that {@link checkPoolContract} looks at. */
export interface PoolPort<T> {
  /** Borrows for as long as it is open. */
  readonly lease: Resource<T>;
  acquire(options?: { readonly signal?: AbortSignal }): Promise<Lease<T>>;
  readonly stats: PoolCounts;
  /** Waits for what is borrowed; with `force` ends the borrowers. */
  close(options?: { readonly force?: boolean }): PromiseLike<unknown>;
}

/** What a pool says about itself. */
export interface PoolCounts {
  /** All there are: idle, borrowed, being made, being destroyed. */
  readonly total: number;
  readonly idle: number;
  readonly borrowed: number;
  readonly creating: number;
  readonly destroying: number;
  readonly waiting: number;
}

/** A pool under test. */
export class PoolView implements LockView {
  /** What the pool lends, with an eye on who has it. */
  readonly lock: Resource<Item>;
  private fault: string | null = null;

  constructor(
    readonly trial: Trial,
    readonly workshop: Workshop,
    readonly pool: PoolPort<PooledItem>,
    readonly permits: number,
  ) {
    const watch = (item: PooledItem): Resource<Item> => resource({ acquire: () => this.lent(item), release: cameBack });
    this.lock = pool.lease.pipe(andThen(watch));
  }

  readonly waiting = (): number => this.pool.stats.waiting;

  /** What `acquire()` of the pool answers; given up, and given back, when the case is over. */
  acquire(controller = new AbortController()): Promise<Lease<PooledItem>> {
    const acquiring = this.pool.acquire({ signal: controller.signal });
    this.trial.finally(() => {
      controller.abort();
      return acquiring.then((held) => held.release());
    });
    return acquiring;
  }

  crowd(): Crowd<Item> {
    return new Crowd(this.trial, this.lock, 35);
  }

  assertCounts(expected: Partial<PoolCounts>, when: string): Promise<void> {
    const seen = (): PoolCounts => this.pool.stats;
    const keys = Object.keys(expected) as (keyof PoolCounts)[];
    const isMet = (): boolean => {
      const { total, idle, borrowed, creating, destroying } = seen();
      return total === idle + borrowed + creating + destroying && keys.every((key) => seen()[key] === expected[key]);
    };
    const text = [...keys.map((key) => `${key} ${String(expected[key])}`), 'total the sum of its kinds'].join(', ');
    return this.trial.until(36, isMet, `${text} ${when}`, () => describe(seen()));
  }

  /** Never too many, never one for two, and nothing left behind. */
  async finish(): Promise<void> {
    const { trial, workshop, pool, permits } = this;
    trial.check(36, workshop.peak <= permits, `${permits} items at most`, `there were ${workshop.peak} at a time`);
    trial.check(36, this.fault === null, 'an item for each borrower', this.fault ?? '');
    const closing = pool.close();
    workshop.isSlow = false;
    workshop.proceed();
    await trial.within(31, closing, 'close() to answer when nothing is borrowed any more');
    const live = (): string => `${workshop.live} of ${workshop.items.length} are left`;
    trial.check(31, workshop.live === 0, 'everything destroyed when close() has answered', live());
    await this.assertCounts({ total: 0, borrowed: 0, waiting: 0 }, 'when it is closed');
  }

  private lent({ id }: PooledItem): Item {
    const item = this.workshop.items[id] ?? new Item(id);
    if (item.isBorrowed) this.fault ??= `item ${item.id} was lent to two`;
    if (item.isDestroyed) this.fault ??= `item ${item.id} was lent after it was destroyed`;
    item.isBorrowed = true;
    return item;
  }
}

function cameBack(item: Item): void {
  item.isBorrowed = false;
}

function describe(counts: PoolCounts): string {
  const { total, idle, borrowed, creating, destroying, waiting } = counts;
  const made = `total ${total}, idle ${idle}, borrowed ${borrowed}`;
  return `${made}, creating ${creating}, destroying ${destroying}, waiting ${waiting}`;
}
