import { asyncScheduler, Observable, type MonoTypeOperatorFunction, type SchedulerLike } from 'rxjs';

import { checkDuration } from '../internal/check.js';
import { DeadlineSubscriber } from './deadline-subscriber.js';

/**
 * Ends the source when it is due, waits for all releases upstream, then fails with RxJS's `TimeoutError`.
 *
 * ```marbles deadline
 * file         ^----!--|  unsubscribe
 * deadline(5)  --1-----#
 * body         --1--!
 * ```
 *
 * Use it for the whole of a piece of work. RxJS's `timeout` watches for values that do not come, and does not wait for
 * releases; `acquireTimeout` limits entering alone, `releaseTimeout` one release.
 *
 * **Guarantees.** Values pass at once; completion and errors wait for the releases upstream, as with `awaitRelease`. What
 * is over when it is due is not touched; 0 lets a synchronous body finish. A release that runs when it is due is not cut,
 * and the `TimeoutError` follows it; an acquire is waited for in the same way (laws 13 and 21). Each subscription has a
 * timer of its own, so `retry` after it gives each try the full time; a `Date` is the same moment for all.
 *
 * **Cancellation.** Leaving stops the timer; what is still being released goes on in the background (law 12).
 *
 * **Errors.** `TimeoutError`; with a release that fails, a `SuppressedError` of the release's error and that. An error of the
 * source that still waits for a release when it is due is suppressed by the `TimeoutError`, or dropped where a scope is
 * holding it back (law 14). `RangeError` for a bad `due`, at the call. Follows Python's `asyncio.timeout`, except that it
 * cuts no release.
 *
 * @example
 * ```ts
 * import { NEVER } from 'rxjs';
 * import { deadline, lastValue, resource, using } from 'rxscope';
 *
 * const log: string[] = [];
 * const socket = resource({ acquire: () => 'socket', release: async (_, exit) => log.push(`closed: ${exit.kind}`) });
 * await lastValue(using(socket, () => NEVER).pipe(deadline(10))).catch((error: Error) => log.push(error.name));
 * log; // => ['closed: unsubscribe', 'TimeoutError']
 * ```
 *
 * @param due milliseconds from subscribing (`Infinity`: never), or a moment by the scheduler's clock
 * @param scheduler for the timer and the clock; default: RxJS's `asyncScheduler`, virtual under a `TestScheduler` (law 19)
 */
export function deadline<T>(
  due: number | Date,
  scheduler: SchedulerLike = asyncScheduler,
): MonoTypeOperatorFunction<T> {
  checkDue(due);
  return (source) =>
    new Observable<T>((consumer) => {
      const left = due instanceof Date ? Math.max(due.getTime() - scheduler.now(), 0) : due;
      new DeadlineSubscriber<T>(consumer, scheduler.now() + left, scheduler).start(source);
    });
}

function checkDue(due: number | Date): void {
  if (!(due instanceof Date)) checkDuration(due, 'due');
  else if (Number.isNaN(due.getTime()))
    throw new RangeError('Expected due to be a valid date, received an invalid one.');
}
