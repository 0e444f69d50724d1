import { CapacityError } from '../core/engine/errors.js';
import type { Scope } from '../core/engine/scope.js';
import { Resource } from '../core/resource-class.js';
import { now } from '../internal/clock.js';
import { claimLeaf } from './permit-leaf.js';
import { Permits } from './permits.js';
import { rwLockStats, type RwLockStats } from './rw-lock-stats.js';
import { ALL_PERMITS, enterRwLock, readInside } from './rw-permits.js';
import { upgradableNode, type Upgradable } from './upgradable.js';

/** How {@link rwLock} is made. */
export interface RwLockOptions {
  /** Shown in errors, by `openResources()` and in `stats()`. Default `'rwLock'`. */
  readonly name?: string;
}

/**
 * A lock that many may hold for reading, or one for writing. Made by {@link rwLock}.
 *
 * @example
 * ```ts
 * import { rwLock, using } from 'rxscope';
 *
 * const table = rwLock();
 * const log: unknown[] = [];
 * using(table.read, () => using(table.read, () => [table.readers, table.writing])).subscribe((state) => log.push(state));
 * using(table.write, () => [table.readers, table.writing]).subscribe((state) => log.push(state));
 * log; // => [2, false, 0, true]
 * ```
 */
export class RwLock {
  /** Held beside other readers. */
  readonly read: Resource<void>;
  /** Held alone. */
  readonly write: Resource<void>;
  /** As `read`, but never waits: fails with a `CapacityError` where it would have to. */
  readonly tryRead: Resource<void>;
  /** As `write`, but never waits: fails with a `CapacityError` where it would have to. */
  readonly tryWrite: Resource<void>;
  /**
   * Held beside readers, by one at a time, who may turn it into writing: for "look, and change it where needed". Entering
   * `upgrade` of its handle waits for the readers to leave, before all writers that wait; nobody writes in between, so that
   * what was read still holds. Leaving `upgrade` goes back to reading in one step. Entering it after the scope has ended is
   * a `ClosedError`.
   */
  readonly upgradable: Resource<Upgradable>;
  readonly #permits: Permits;
  readonly #intent: Permits;

  /** @internal */
  constructor(name: string) {
    const permits = (this.#permits = new Permits({ name, total: ALL_PERMITS, aging: Infinity, reentrant: false, now }));
    const intent = (this.#intent = new Permits({ name, total: 1, aging: Infinity, reentrant: false, now }));
    const waits = (count: number): Resource<void> =>
      new Resource(
        name,
        claimLeaf(permits, (scope) => enterRwLock(permits, scope, count)),
      );
    const tries = (count: number): Resource<void> =>
      new Resource(
        name,
        claimLeaf(permits, (scope) => this.#try(scope, count)),
      );
    this.read = waits(1);
    this.write = waits(ALL_PERMITS);
    this.tryRead = tries(1);
    this.tryWrite = tries(ALL_PERMITS);
    this.upgradable = new Resource(name, upgradableNode(permits, intent));
  }

  /** How many read, one who may upgrade included. While somebody writes: 0. */
  get readers(): number {
    return this.writing ? 0 : ALL_PERMITS - this.#permits.available;
  }

  /** Whether somebody writes, in `write` or in `upgrade`. */
  get writing(): boolean {
    return this.#permits.available === 0;
  }

  /** How many wait, for whatever. */
  get waiting(): number {
    return this.#permits.line.length + this.#intent.line.length;
  }

  /** Who reads, who writes, who waits, and for how long. */
  stats(): RwLockStats {
    return rwLockStats(this.#permits, this.#intent);
  }

  #try(scope: Scope, count: number): unknown {
    const permits = this.#permits;
    const claim = permits.tryTake(scope, count) ?? (count === 1 ? readInside(permits, scope) : null);
    if (claim !== null) return claim;
    const { name } = permits;
    const found = this.writing ? 'being written' : `${String(this.readers)} reading`;
    const wanted = count === 1 ? 'read' : 'written';
    const message = `"${name}" cannot be ${wanted} now: ${found}, ${String(this.waiting)} waiting.`;
    throw new CapacityError(message, { resource: name });
  }
}

/**
 * Many may read, or one may write: a lock for something that is looked at more often than it is changed.
 *
 * Use it where reading takes more than one step, so that a change in between would show. Where it is read in one step, or
 * changed as often as it is read, {@link mutex} is the simpler one.
 *
 * **Guarantees.** Readers, or one writer, never both. Taken inside subscribe where it is free, handed over inside the call
 * that lets go (law 17). `upgradable` reads beside the others and may turn to writing, and back, with no writer in between.
 *
 * **Fairness.** In order of arrival, so that neither side starves: a writer that waits holds up the readers that come after
 * it, and those go in together when it has left (law 35). Two exceptions, without which they would wait for each other: an
 * upgrade comes before all who wait, and a reader inside a scope that reads is let in at once.
 *
 * **Cancellation.** One who leaves the line takes nothing and delays nobody: where a writer leaves it, the readers behind it
 * go in at once. To wait no longer than so long, pipe `acquireTimeout`.
 *
 * **Re-entry.** Writing inside a scope that reads, or anything inside one that writes, could never be let in. Where that can
 * be seen, because it is a part of the other one's body, it is a `DeadlockError` at once: enter `write` around both, or read
 * with `upgradable`. It cannot be seen through a promise.
 *
 * **Cost.** Entering and leaving the line take constant time, however long it is. Follows tokio's `RwLock`.
 *
 * @example
 * ```ts
 * import { NEVER } from 'rxjs';
 * import { rwLock, using } from 'rxscope';
 *
 * const table = rwLock();
 * const readers = [table.read.subscribe(), table.read.subscribe()];
 * const log: string[] = [];
 * using(table.write, () => [log.push('changed')]).subscribe();
 * [table.readers, table.waiting]; // => [2, 1]
 * for (const reader of readers) reader.unsubscribe();
 * log; // => ['changed']
 *
 * // looks first, and changes only where that is needed
 * const rows = new Set(['a']);
 * const add = (row: string) =>
 *   using(table.upgradable, ({ upgrade }) => (rows.has(row) ? [] : using(upgrade, () => [rows.add(row).size])));
 * add('b').subscribe((size) => log.push(`${size} rows`));
 * add('b').subscribe((size) => log.push(`${size} rows`));
 * log; // => ['changed', '2 rows']
 * ```
 */
export function rwLock({ name = 'rwLock' }: RwLockOptions = {}): RwLock {
  return new RwLock(name);
}
