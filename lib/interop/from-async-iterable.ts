import type { AcquireContext } from '../core/acquire-context.js';
import { kindOf } from '../internal/check.js';
import { iteration } from '../core/iterate.js';
import { isAsyncIterable } from '../core/observable-input.js';
import { AskableObservable } from './askable-observable.js';

/**
 * An async iterable as an observable, left promptly and with its cleanup awaited. RxJS's `from` does neither.
 *
 * **Guarantees** (law 32). One `next()` is in flight at most, and the next one is asked for when the consumer's handler has
 * returned. Completion comes after the generator's own `finally`. Timers and input are not kept waiting by items
 * that are there at once: the event loop gets its turn about every 10 ms. Given a function, each subscription goes
 * through an iterable of its own; a generator object can be gone through once, and the second subscriber is told so.
 *
 * **Cancellation.** Unsubscribing aborts `signal`, then calls `return()`, at once and once, also while a `next()` is
 * pending, whose late value is dropped. Until `return()` has settled it counts as a background release: an enclosing scope,
 * `awaitRelease` and `settled` wait for it. A generator that waits for something can be left only when that has come:
 * pass the signal on to it.
 *
 * **Errors.** What `next()` rejects with, as it is; a `TypeError` for what is no async iterable, or a generator that was
 * iterated before. A failing `return()`, or `next()` after leaving, goes to whoever waits for the release, else to
 * `config.onUnhandledError`, unless it is the signal's own reason. A handler that throws is reported as in RxJS,
 * and the iteration is left.
 *
 * @example
 * ```ts
 * import { take, toArray } from 'rxjs';
 * import { fromAsyncIterable, lastValue } from 'rxscope';
 *
 * const log: string[] = [];
 * async function* countdown(from: number) {
 *   try {
 *     for (let left = from; left > 0; left--) yield left;
 *   } finally {
 *     log.push('closed');
 *   }
 * }
 * const numbers = fromAsyncIterable(() => countdown(10));
 * await lastValue(numbers.pipe(take(3), toArray())); // => [10, 9, 8]
 * log; // => ['closed']
 * ```
 */
export function fromAsyncIterable<T>(
  source: AsyncIterable<T> | ((context: AcquireContext) => AsyncIterable<T>),
): AskableObservable<T> {
  if (typeof source === 'function' || isAsyncIterable(source)) return new AskableObservable(iteration(source));
  throw new TypeError(`Expected an async iterable or a function that makes one, received ${kindOf(source)}.`);
}
