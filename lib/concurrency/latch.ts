import type { Observable } from 'rxjs';

import { checkCount } from '../internal/check.js';
import { Event } from './event.js';

/**
 * A count that goes down, and can be waited for. Made by {@link latch}.
 *
 * @example
 * ```ts
 * import { latch } from 'rxscope';
 *
 * const parts = latch(3);
 * parts.countDown(2);
 * [parts.count, parts.isOpen]; // => [1, false]
 * parts.countDown();
 * [parts.count, parts.isOpen]; // => [0, true]
 * ```
 */
export class Latch {
  #count: number;
  readonly #open = new Event();

  /** @internal */
  constructor(count: number) {
    this.#count = count;
    if (count === 0) this.#open.set();
  }

  /** How many are still to come. */
  get count(): number {
    return this.#count;
  }

  /** Whether it is open. Stays so. */
  get isOpen(): boolean {
    return this.#open.isSet;
  }

  /** How many wait. */
  get waiting(): number {
    return this.#open.waiting;
  }

  /** One has come, or `by`. The last one lets all go on who wait; more than there were change nothing. */
  countDown(by = 1): void {
    checkCount(by, 'by', 1);
    if (this.#count === 0) return;
    this.#count = Math.max(0, this.#count - by);
    if (this.#count === 0) this.#open.set();
  }

  /** Emits once and completes, as soon as it is open: inside subscribe where it is open already. */
  wait(): Observable<void> {
    return this.#open.wait();
  }
}

/**
 * Opens once so many have come, and stays open: Java's `CountDownLatch`.
 *
 * Use it to wait for a number of things to have happened, wherever they happen. Where they are observables, `forkJoin`
 * says the same with their values; to count again and again there is `barrier`, to close again `event`.
 *
 * **Guarantees.** Opens inside the call that counts down to 0, and never closes. Synchronous (law 17), no time of its own
 * (law 18).
 *
 * **Fairness.** Those who wait go on in order of arrival. **Cancellation.** One who unsubscribes is gone at once; the
 * count has nothing to do with who waits. **Cost.** Constant for each. **Errors.** `RangeError` where `count` is no whole
 * number, 0 or more, or `by` none of 1 or more.
 *
 * @example
 * ```ts
 * import { latch } from 'rxscope';
 *
 * const ready = latch(2);
 * const log: string[] = [];
 * ready.wait().subscribe(() => log.push('both are there'));
 * for (const part of ['server', 'database']) {
 *   log.push(part);
 *   ready.countDown();
 * }
 * log; // => ['server', 'database', 'both are there']
 * ```
 */
export function latch(count: number): Latch {
  checkCount(count, 'count', 0);
  return new Latch(count);
}
