import { checkFunction } from '../internal/check.js';
import type { Resource } from '../core/resource-class.js';
import { now } from '../internal/clock.js';
import { KeyedPermits, type KeyedLockOptions } from './keyed-permits.js';
import type { LockStats } from './lock-stats.js';

/** How {@link keyedMutex} is made. */
export interface KeyedMutexOptions<K> extends KeyedLockOptions<K> {
  /** Whether a scope inside one that holds the lock of a key may enter it too. Default `false`: a `DeadlockError`. */
  readonly reentrant?: boolean;
}

/**
 * A lock for each key. Made by {@link keyedMutex}.
 *
 * @example
 * ```ts
 * import { keyedMutex, using } from 'rxscope';
 *
 * const users = keyedMutex<number>({ name: 'user' });
 * const log: unknown[] = [];
 * using(users.lock(7), () => [users.locked(7), users.locked(8)]).subscribe((locked) => log.push(locked));
 * log; // => [true, false]
 * users.keys; // => []
 * ```
 */
export class KeyedMutex<K> {
  readonly #permits: KeyedPermits<K>;

  /** @internal */
  constructor(permits: KeyedPermits<K>) {
    this.#permits = permits;
  }

  /** The lock of a key, held as long as it is open. */
  lock(key: K): Resource<void> {
    return this.#permits.resource(key);
  }

  /** The same, but it never waits: it fails with a `CapacityError` where it would have to. */
  tryLock(key: K): Resource<void> {
    return this.#permits.tryResource(key);
  }

  /** Whether somebody holds the lock of a key. */
  locked(key: K): boolean {
    return this.#permits.of(key) !== null;
  }

  /** How many wait for the lock of a key. */
  waiting(key: K): number {
    return this.#permits.of(key)?.line.length ?? 0;
  }

  /** The keys whose lock is held, in the order of being taken. A copy. */
  get keys(): readonly K[] {
    return this.#permits.keys;
  }

  /** Who holds the lock of a key, who waits, and for how long. */
  stats(key: K): LockStats {
    return this.#permits.stats(key);
  }
}

/**
 * One at a time for each key: a {@link mutex} for each file, account or user, without a map to keep.
 *
 * **Guarantees.** As those of `mutex`, for each key; different keys have nothing to do with each other. A key takes memory
 * only while somebody holds its lock or waits for it: after a million keys it is where it was (law 38).
 *
 * **Keys** are the same as in a `Map`: objects by identity. With `keyOf` those are that it answers the same for.
 *
 * **Fairness, cancellation, re-entry.** As those of `mutex`. To hold the locks of several keys, enter them in an order that
 * is the same everywhere, or two who want the same two wait for each other for ever.
 *
 * **Cost.** Constant, however many keys there are. **Errors.** `CapacityError` and `DeadlockError` as with `mutex`; what
 * `keyOf` throws when the lock is entered.
 *
 * @example
 * ```ts
 * import { delay, of } from 'rxjs';
 * import { keyedMutex, lastValue, using } from 'rxscope';
 *
 * const files = keyedMutex();
 * const log: string[] = [];
 * const write = (file: string, text: string) =>
 *   lastValue(using(files.lock(file), () => of(log.push(`${file}: ${text}`)).pipe(delay(1))));
 * const writing = [write('a.txt', 'first'), write('a.txt', 'second'), write('b.txt', 'other')];
 * log; // => ['a.txt: first', 'b.txt: other']
 * [files.keys, files.waiting('a.txt')]; // => [['a.txt', 'b.txt'], 1]
 * await Promise.all(writing);
 * log; // => ['a.txt: first', 'b.txt: other', 'a.txt: second']
 * files.keys; // => []
 * ```
 */
export function keyedMutex<K = string>(options: KeyedMutexOptions<K> = {}): KeyedMutex<K> {
  const { name = 'keyedMutex', reentrant = false, keyOf } = options;
  if (keyOf !== undefined) checkFunction(keyOf, 'keyOf');
  return new KeyedMutex(new KeyedPermits({ name, total: 1, aging: Infinity, reentrant, now }, keyOf));
}
