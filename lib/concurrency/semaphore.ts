import type { SchedulerLike } from 'rxjs';

import { checkCount } from '../internal/check.js';
import type { Resource } from '../core/resource-class.js';
import { now } from '../internal/clock.js';
import { lockStats, type LockStats } from './lock-stats.js';
import { permitResource, tryResource } from './permit-leaf.js';
import { checkAging, checkPriority, Permits } from './permits.js';

/** How {@link semaphore} is made. */
export interface SemaphoreOptions {
  /** Shown in errors, by `openResources()` and in `stats()`. Default `'semaphore'`. */
  readonly name?: string;
  /**
   * So many milliseconds of waiting count as one step of priority, so that those with a low one are served in the end.
   * Default `Infinity`: a higher priority always comes first.
   */
  readonly aging?: number;
  /** For `aging` and for the ages in `stats()`. Default: RxJS's `asyncScheduler`, virtual under a `TestScheduler`. */
  readonly scheduler?: SchedulerLike;
}

/** How permits are asked for. */
export interface PermitOptions {
  /** Those with a higher one are served first; with the same one, in order of arrival. Default 0. */
  readonly priority?: number;
}

/**
 * A number of permits, each held by one scope at a time. Made by {@link semaphore}, which says what can be relied on.
 *
 * @example
 * ```ts
 * import { semaphore } from 'rxscope';
 *
 * const slots = semaphore(5);
 * const big = slots.permits(3).subscribe();
 * slots.available; // => 2
 * big.unsubscribe();
 * slots.available; // => 5
 * ```
 */
export class Semaphore {
  /** One permit, held as long as it is open. */
  readonly permit: Resource<void>;
  /** The same, but it never waits: it fails with a `CapacityError` where it would have to. */
  readonly tryPermit: Resource<void>;
  readonly #permits: Permits;

  /** @internal */
  constructor(permits: Permits) {
    this.#permits = permits;
    this.permit = permitResource(permits.name, permits, 1);
    this.tryPermit = tryResource(permits.name, permits, 1);
  }

  /** How many permits there are. */
  get total(): number {
    return this.#permits.total;
  }

  /** How many are free. Negative while more are out than a `resize` has left. */
  get available(): number {
    return this.#permits.available;
  }

  /** How many wait. */
  get waiting(): number {
    return this.#permits.line.length;
  }

  /**
   * `count` permits at once; they are taken together, none is held while waiting for the others. One who wants many holds up
   * all who came later, also those who would fit (law 35).
   *
   * **Errors.** `RangeError` where there are not as many at all.
   */
  permits(count: number, { priority = 0 }: PermitOptions = {}): Resource<void> {
    this.#check(count);
    checkPriority(priority);
    return permitResource(this.#permits.name, this.#permits, count, priority);
  }

  /** `count` permits at once, or a `CapacityError`. Never waits. */
  tryPermits(count: number): Resource<void> {
    this.#check(count);
    return tryResource(this.#permits.name, this.#permits, count);
  }

  /**
   * Changes how many permits there are. Takes none away: where more are out than there are now, `available` is negative
   * until they have come back. With more, as many as fit are let in at once. Who waits for more than there can be now gets a
   * `RangeError`.
   */
  resize(total: number): void {
    checkCount(total, 'total', 1);
    this.#permits.resize(total);
  }

  /** Who is in, who waits, and for how long. */
  stats(): LockStats {
    return lockStats(this.#permits);
  }

  #check(count: number): void {
    checkCount(count, 'count', 1);
    if (count > this.#permits.total) throw this.#permits.tooMany(count);
  }
}

/**
 * So many permits, held by scopes: `permits` of them run at a time, the others wait.
 *
 * Use it to limit what runs side by side: requests to one host, files open at once. For one at a time there is `mutex`;
 * to give each holder a thing of its own, `pool`; to put a limit on a resource, `limit`.
 *
 * **Guarantees.** Never more out than there are; each comes back exactly once, with its scope (law 1). Taken inside subscribe
 * where it is free, handed over inside the call that lets go (law 17).
 *
 * **Fairness.** In order of arrival, weighted requests included (law 35); higher priorities first, see `permits`.
 *
 * **Cancellation.** One who leaves the line takes nothing and delays nobody; a permit that is handed over in the very tick
 * in which its waiter leaves goes to the next one. To wait no longer than so long, pipe `acquireTimeout`.
 *
 * **Cost.** Entering and leaving the line take constant time, however long it is.
 *
 * **Errors.** `RangeError` for bad numbers, at the call; `DeadlockError` where permits are waited for inside scopes that hold
 * so many of them that there can never be enough. Follows tokio's `Semaphore` and cats-effect's.
 *
 * @example
 * ```ts
 * import { from, mergeMap, toArray, lastValueFrom } from 'rxjs';
 * import { semaphore, using } from 'rxscope';
 *
 * const two = semaphore(2);
 * let most = 0;
 * const request = async (url: string): Promise<string> => {
 *   most = Math.max(most, two.total - two.available);
 *   return `page of ${url}`;
 * };
 * const urls = ['/a', '/b', '/c', '/d'];
 * const pages = from(urls).pipe(mergeMap((url) => using(two.permit, () => request(url))), toArray());
 * (await lastValueFrom(pages)).length; // => 4
 * most; // => 2
 * ```
 */
export function semaphore(permits: number, options: SemaphoreOptions = {}): Semaphore {
  checkCount(permits, 'permits', 1);
  const { name = 'semaphore', aging = Infinity, scheduler } = options;
  checkAging(aging);
  const clock = scheduler === undefined ? now : (): number => scheduler.now();
  return new Semaphore(new Permits({ name, total: permits, aging, reentrant: false, now: clock }));
}
