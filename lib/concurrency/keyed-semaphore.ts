import { checkCount, checkFunction } from '../internal/check.js';
import type { Resource } from '../core/resource-class.js';
import { now } from '../internal/clock.js';
import { KeyedPermits, type KeyedLockOptions } from './keyed-permits.js';
import type { LockStats } from './lock-stats.js';

/**
 * So many permits for each key. Made by {@link keyedSemaphore}.
 *
 * @example
 * ```ts
 * import { keyedSemaphore, using } from 'rxscope';
 *
 * const hosts = keyedSemaphore(3);
 * const log: unknown[] = [];
 * using(hosts.permit('a'), () => [hosts.available('a'), hosts.available('b')]).subscribe((free) => log.push(free));
 * log; // => [2, 3]
 * ```
 */
export class KeyedSemaphore<K> {
  /** How many permits there are for each key. */
  readonly total: number;
  readonly #permits: KeyedPermits<K>;

  /** @internal */
  constructor(total: number, permits: KeyedPermits<K>) {
    this.total = total;
    this.#permits = permits;
  }

  /** One permit of a key, held as long as it is open. */
  permit(key: K): Resource<void> {
    return this.#permits.resource(key);
  }

  /** The same, but it never waits: it fails with a `CapacityError` where it would have to. */
  tryPermit(key: K): Resource<void> {
    return this.#permits.tryResource(key);
  }

  /** How many permits of a key are free. */
  available(key: K): number {
    return this.#permits.of(key)?.available ?? this.total;
  }

  /** How many wait for a permit of a key. */
  waiting(key: K): number {
    return this.#permits.of(key)?.line.length ?? 0;
  }

  /** The keys of which permits are held, in the order in which the first one was taken. A copy. */
  get keys(): readonly K[] {
    return this.#permits.keys;
  }

  /** Who holds permits of a key, who waits, and for how long. */
  stats(key: K): LockStats {
    return this.#permits.stats(key);
  }
}

/**
 * So many at a time for each key: a {@link semaphore} for each host or customer, without a map to keep.
 *
 * **Guarantees, fairness, cancellation, cost.** As those of `semaphore`, for each key; different keys have nothing to do
 * with each other. A key takes memory only while somebody holds its permits (law 38).
 *
 * **Keys** are the same as in a `Map`: objects by identity. With `keyOf` those are that it answers the same for.
 *
 * **Errors.** `RangeError` where `permits` is no whole number, 1 or more; `CapacityError` and `DeadlockError` as with
 * `semaphore`; what `keyOf` throws when a permit is entered.
 *
 * @example
 * ```ts
 * import { delay, of } from 'rxjs';
 * import { keyedSemaphore, lastValue, using } from 'rxscope';
 *
 * const requests = keyedSemaphore<URL>(2, { keyOf: (url) => url.host });
 * const log: string[] = [];
 * const load = (url: URL) => lastValue(using(requests.permit(url), () => of(log.push(url.pathname)).pipe(delay(1))));
 * const loading = ['/a', '/b', '/c'].map((path) => load(new URL(path, 'https://example.org')));
 * log; // => ['/a', '/b']
 * requests.waiting(new URL('https://example.org')); // => 1
 * await Promise.all(loading);
 * log; // => ['/a', '/b', '/c']
 * ```
 */
export function keyedSemaphore<K = string>(permits: number, options: KeyedLockOptions<K> = {}): KeyedSemaphore<K> {
  checkCount(permits, 'permits', 1);
  const { name = 'keyedSemaphore', keyOf } = options;
  if (keyOf !== undefined) checkFunction(keyOf, 'keyOf');
  const keyed = new KeyedPermits({ name, total: permits, aging: Infinity, reentrant: false, now }, keyOf);
  return new KeyedSemaphore(permits, keyed);
}
