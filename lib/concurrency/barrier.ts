import { Observable } from 'rxjs';

import { checkCount } from '../internal/check.js';
import { WaitQueue } from './wait-queue.js';

/**
 * A place where so many meet. Made by {@link barrier}.
 *
 * @example
 * ```ts
 * import { barrier } from 'rxscope';
 *
 * const pair = barrier(2);
 * const first = pair.wait().subscribe();
 * [pair.parties, pair.waiting]; // => [2, 1]
 * first.unsubscribe();
 * pair.waiting; // => 0
 * ```
 */
export class Barrier {
  /** How many have to come. */
  readonly parties: number;
  readonly #queue = new WaitQueue();

  /** @internal */
  constructor(parties: number) {
    this.parties = parties;
  }

  /** How many have come, and wait for the others. */
  get waiting(): number {
    return this.#queue.length;
  }

  /**
   * Waits until all have come, then emits which of them it was, 0 for the first, and completes. The last one to come lets
   * all go on, itself at the end, before its subscribe returns.
   */
  wait(): Observable<number> {
    return new Observable<number>((subscriber) => {
      const waiting = this.#queue.subscribe(subscriber, (place) => place);
      if (this.#queue.length === this.parties) this.#queue.wake();
      return waiting;
    });
  }
}

/**
 * A place where `parties` wait for each other, again and again: `asyncio.Barrier`.
 *
 * Use it where several work side by side in rounds, and none may begin a round before all are done with the last. To wait
 * for something once there is `latch`.
 *
 * **Guarantees.** All of a round go on in one tick, in order of arrival, each told its place in that order: where only one
 * of them is to do something, it is the one with 0. Who comes while they are told belongs to the next round. Synchronous
 * (law 17), no time of its own (law 18).
 *
 * **Cancellation.** One who unsubscribes breaks nothing: its place is free again, and the others wait for somebody else.
 * So there is no broken state, and no `abort` or `reset` as in asyncio: nobody is told of an error that is not his. A
 * timeout is RxJS's `timeout` on `wait()`; where one that fails must end the others, that is what `taskGroup` is for.
 *
 * **Cost.** Constant for each who comes or leaves. **Errors.** `RangeError` where `parties` is no whole number, 1 or more.
 *
 * @example
 * ```ts
 * import { barrier } from 'rxscope';
 *
 * const meeting = barrier(3);
 * const log: string[] = [];
 * for (const name of ['a', 'b', 'c']) meeting.wait().subscribe((place) => log.push(`${name} is ${place}`));
 * log; // => ['a is 0', 'b is 1', 'c is 2']
 * meeting.waiting; // => 0
 * ```
 */
export function barrier(parties: number): Barrier {
  checkCount(parties, 'parties', 1);
  return new Barrier(parties);
}
