import { defer, EMPTY, endWith, Observable, of, repeat } from 'rxjs';

import { checkCount, checkFunction, kindOf } from '../internal/check.js';
import { ResourceError } from '../core/engine/errors.js';
import { Resource } from '../core/resource-class.js';
import { using } from '../core/using.js';
import { letGo, type LetGo } from './let-go.js';
import { Mutex } from './mutex.js';
import type { Permits } from './permits.js';
import { WaitQueue } from './wait-queue.js';

/**
 * Something that is waited for under a lock. Made by {@link condition}.
 *
 * @example
 * ```ts
 * import { condition, mutex, using } from 'rxscope';
 *
 * const lock = mutex();
 * const changed = condition(lock);
 * const log: string[] = [];
 * using(lock.lock, () => changed.wait()).subscribe(() => log.push(`goes on, locked: ${lock.locked}`));
 * [lock.locked, changed.waiting]; // => [false, 1]
 * using(lock.lock, () => [changed.notifyAll()]).subscribe();
 * log; // => ['goes on, locked: true']
 * ```
 */
export class Condition {
  readonly #queue = new WaitQueue();
  readonly #permits: Permits | null;
  readonly #waiting: Observable<never>;

  /** @internal */
  constructor(permits: Permits | null) {
    this.#permits = permits;
    const lockLetGo = new Resource<LetGo>('condition', letGo(permits, this.#queue));
    this.#waiting = using(lockLetGo, ({ waiting }) => {
      return new Observable<never>((subscriber) => {
        const complete = (): void => {
          subscriber.complete();
        };
        if (waiting.settled() !== waiting) complete();
        else waiting.answer({ value: complete, error: complete });
      });
    });
  }

  /** How many wait to be notified. Those who have been, and wait for the lock, are not among them. */
  get waiting(): number {
    return this.#queue.length;
  }

  /**
   * Lets the lock go, waits to be notified, takes the lock again, and then emits once and completes. Inside a scope that
   * holds the lock. Left by its consumer it takes the lock again all the same, in the background, and the scope that holds
   * it waits for that.
   *
   * **Errors.** `ResourceError` where the lock is not held, or has been let go by another wait in the same scope.
   */
  wait(): Observable<void> {
    return this.#waiting.pipe(endWith(undefined));
  }

  /**
   * Waits until `predicate` answers true: asks it at once, and with the lock held each time it has been notified. Emits once
   * and completes; inside subscribe, and without a lock, where it is true already. What `predicate` throws is the error.
   */
  waitFor(predicate: () => unknown): Observable<void> {
    checkFunction(predicate, 'predicate');
    const again = { delay: (): Observable<unknown> => (predicate() ? EMPTY : of(true)) };
    return defer(() => (predicate() ? EMPTY : this.#waiting.pipe(repeat(again)))).pipe(endWith(undefined));
  }

  /**
   * Lets the first one go on who waits, or the first `count`. They take the lock one after the other, as soon as the scope
   * that calls this has let it go.
   *
   * **Errors.** `ResourceError` where the lock is not held.
   */
  notify(count = 1): void {
    checkCount(count, 'count', 0);
    if (this.#permits?.claims.earliest === null) {
      const { name } = this.#permits;
      const message = `"${name}" is not held. Call notify() and notifyAll() inside a scope of it: using(mutex.lock, …).`;
      throw new ResourceError(message, { resource: name });
    }
    this.#queue.wake(count);
  }

  /** Lets all go on who wait, as {@link notify} does. */
  notifyAll(): void {
    this.notify(Infinity);
  }
}

/**
 * Waits for something that others bring about under the same lock: `asyncio.Condition`.
 *
 * Use it where work has to wait for a state of several things at once, guarded by a {@link mutex}: room in a buffer, a job
 * that fits. Without a mutex it is a place to wait and be notified, and nothing else. For one flag there is `event`.
 *
 * **Guarantees.** Nothing comes between letting the lock go and beginning to wait: no notification is lost. What comes out of
 * `wait()` comes with the lock held (law 3), and the scope that holds the lock ends only with the lock back in its hands
 * (law 4). A notification for one who leaves before it has the lock back is passed on to the next one. Synchronous (law 17),
 * no time of its own (law 18).
 *
 * **Fairness.** Notified in order of arrival; the notified take the lock in the line of all who want it. Between the
 * notification and the lock others may have changed the state: {@link Condition.waitFor | waitFor} looks again.
 *
 * **Cancellation.** One who unsubscribes waits for nothing but the lock, in the background. To wait no longer than so long,
 * pipe RxJS's `timeout`: its error comes at once, or with the lock held again where `awaitRelease()` follows it. Either way the
 * scope around it ends with the lock in its hands.
 *
 * **Cost.** Constant for each who waits. **Errors.** See each method. Whether the scope that calls is the one that holds the
 * lock is not seen through a promise: there it is enough that somebody does. `TypeError` for anything but a mutex.
 *
 * @example
 * ```ts
 * import { concat, defer, of } from 'rxjs';
 * import { condition, mutex, using } from 'rxscope';
 *
 * const lock = mutex();
 * const changed = condition(lock);
 * const jobs: string[] = [];
 * const take = using(lock.lock, () => concat(changed.waitFor(() => jobs.length > 0), defer(() => of(jobs.shift()))));
 * const put = (job: string) =>
 *   using(lock.lock, () => {
 *     jobs.push(job);
 *     changed.notify();
 *     return [];
 *   });
 * const log: unknown[] = [];
 * take.subscribe((job) => job && log.push(job));
 * [lock.locked, changed.waiting]; // => [false, 1]
 * put('wash up').subscribe();
 * log; // => ['wash up']
 * ```
 */
export function condition(mutex?: Mutex): Condition {
  if (mutex !== undefined && !(mutex instanceof Mutex)) {
    throw new TypeError(`Expected a mutex, made by mutex(), received ${kindOf(mutex)}.`);
  }
  return new Condition(mutex?.permits ?? null);
}
