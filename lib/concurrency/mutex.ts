import type { Resource } from '../core/resource-class.js';
import { now } from '../internal/clock.js';
import { lockStats, type LockStats } from './lock-stats.js';
import { permitResource, tryResource } from './permit-leaf.js';
import { Permits } from './permits.js';

/** How {@link mutex} is made. */
export interface MutexOptions {
  /** Shown in errors, by `openResources()` and in `stats()`. Default `'mutex'`. */
  readonly name?: string;
  /** Whether a scope inside one that holds the lock may enter it too. Default `false`: that is a `DeadlockError`. */
  readonly reentrant?: boolean;
}

/**
 * A lock that one scope at a time holds. Made by {@link mutex}, which says what can be relied on.
 *
 * @example
 * ```ts
 * import { mutex } from 'rxscope';
 *
 * const door = mutex();
 * const inside = door.lock.subscribe();
 * [door.locked, door.waiting]; // => [true, 0]
 * inside.unsubscribe();
 * door.locked; // => false
 * ```
 */
export class Mutex {
  /** The lock, held as long as it is open. */
  readonly lock: Resource<void>;
  /** The same, but it never waits: it fails with a `CapacityError` where it would have to. */
  readonly tryLock: Resource<void>;
  /** @internal */
  readonly permits: Permits;

  /** @internal */
  constructor(permits: Permits) {
    this.permits = permits;
    this.lock = permitResource(permits.name, permits, 1);
    this.tryLock = tryResource(permits.name, permits, 1);
  }

  /** Whether somebody holds it. */
  get locked(): boolean {
    return this.permits.available < 1;
  }

  /** How many wait for it. */
  get waiting(): number {
    return this.permits.line.length;
  }

  /** Who holds it, who waits, and for how long. */
  stats(): LockStats {
    return lockStats(this.permits);
  }
}

/**
 * One at a time: a lock held by a scope.
 *
 * Use it around something that must not happen twice at once, and takes more than one step. For one lock for each key there
 * is `keyedMutex`; where many may look and one may change, `rwLock`.
 *
 * **Guarantees.** One holder at most; let go exactly once, with its scope (law 1). Taken inside subscribe where it is free,
 * handed over inside the call that lets go (law 17).
 *
 * **Fairness.** In order of arrival (law 35).
 *
 * **Cancellation.** One who leaves the line takes nothing and delays nobody. To wait no longer than so long, pipe
 * `acquireTimeout`; leaving the line does not stop the holder.
 *
 * **Re-entry.** A scope inside one that holds the lock would wait for ever. Where that can be seen, because it is a part of
 * the other one's body, it fails at once with a `DeadlockError`; with `reentrant` it is let in. It cannot be seen through
 * a promise.
 *
 * **Cost.** Entering and leaving the line take constant time, however long it is.
 *
 * @example
 * ```ts
 * import { lastValue, mutex, using } from 'rxscope';
 *
 * const account = mutex();
 * let balance = 100;
 * const withdraw = (amount: number) =>
 *   using(account.lock, async () => {
 *     const before = balance;
 *     await Promise.resolve();
 *     return (balance = before - amount);
 *   });
 * await Promise.all([lastValue(withdraw(30)), lastValue(withdraw(50))]); // => [70, 20]
 * ```
 */
export function mutex({ name = 'mutex', reentrant = false }: MutexOptions = {}): Mutex {
  return new Mutex(new Permits({ name, total: 1, aging: Infinity, reentrant, now }));
}
