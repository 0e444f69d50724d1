import { Observable } from 'rxjs';

import { WaitQueue } from './wait-queue.js';

/**
 * A flag that can be waited for. Made by {@link event}.
 *
 * @example
 * ```ts
 * import { event } from 'rxscope';
 *
 * const paused = event();
 * paused.set();
 * paused.isSet; // => true
 * paused.clear();
 * paused.isSet; // => false
 * ```
 */
export class Event {
  #isSet = false;
  readonly #queue = new WaitQueue();

  /** Whether it is set. */
  get isSet(): boolean {
    return this.#isSet;
  }

  /** How many wait. */
  get waiting(): number {
    return this.#queue.length;
  }

  /** Sets it, and lets all go on who wait, in order of arrival and before it returns. */
  set(): void {
    this.#isSet = true;
    this.#queue.wake();
  }

  /** Takes it back: who comes from now on waits. Who waited when it was set goes on all the same. */
  clear(): void {
    this.#isSet = false;
  }

  /** Emits once and completes, as soon as the event is set: inside subscribe where it is set already. */
  wait(): Observable<void> {
    return new Observable<void>((subscriber) => {
      if (!this.#isSet) return this.#queue.subscribe(subscriber, nothing);
      subscriber.next();
      subscriber.complete();
      return undefined;
    });
  }
}

function nothing(): void {
  // what is waited for has no value
}

/**
 * A flag that any number can wait for, and that can be taken back: `asyncio.Event`.
 *
 * Use it for "connected" and "paused": states that come and go, and that work waits for. For something that happens once
 * there is `latch`, for a state guarded by a lock `condition`; where the state has a value, a `BehaviorSubject` with
 * `filter` and `take(1)` is as good.
 *
 * **Guarantees.** Whoever waits when it is set goes on, also where it is cleared at once; whoever comes after `clear`
 * waits, also where those who were let go on are still being told. Synchronous where it is set (law 17), no time of its
 * own (law 18).
 *
 * **Fairness.** In order of arrival. **Cancellation.** One who unsubscribes is gone at once and changes nothing for the
 * others. **Cost.** Coming and leaving take constant time; ten thousand who are let go on use no stack (law 6).
 * **Errors.** None.
 *
 * @example
 * ```ts
 * import { event } from 'rxscope';
 *
 * const connected = event();
 * const log: string[] = [];
 * connected.wait().subscribe(() => log.push('first'));
 * connected.set();
 * connected.wait().subscribe(() => log.push('second, at once'));
 * connected.clear();
 * connected.wait().subscribe(() => log.push('never'));
 * log; // => ['first', 'second, at once']
 * connected.waiting; // => 1
 * ```
 */
export function event(): Event {
  return new Event();
}
