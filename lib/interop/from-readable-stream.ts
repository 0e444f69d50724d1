import { kindOf } from '../internal/check.js';
import { iteration } from '../core/iterate.js';
import {
  isReadableStream,
  StreamIterable,
  type ReadableStreamInput,
  type ReadableStreamOf,
} from '../core/read-stream.js';
import { AskableObservable } from './askable-observable.js';

/**
 * A WHATWG stream as an observable, cancelled and unlocked when it is left. RxJS's `from` does neither while a read is
 * pending.
 *
 * **Guarantees.** One `read()` is in flight at most, and the next one comes when the consumer's handler has returned. A
 * function makes a stream for each subscription; a stream itself can be read once, and the second subscriber is told so.
 *
 * **Cancellation.** Unsubscribing calls `cancel()` at once, also while a read is pending, and unlocks the stream. Until
 * `cancel()` has settled it counts as a background release. **Errors.** The stream's own; a `TypeError` where it is
 * locked, was read before, or is no stream. A failing `cancel()` goes to whoever waits for the release, else to
 * `config.onUnhandledError`.
 *
 * @example
 * ```ts
 * import { take, toArray } from 'rxjs';
 * import { fromReadableStream, lastValue } from 'rxscope';
 *
 * const log: string[] = [];
 * const stream = new ReadableStream<number>({
 *   pull: (controller) => controller.enqueue(1),
 *   cancel: () => void log.push('cancelled'),
 * });
 * await lastValue(fromReadableStream(stream).pipe(take(2), toArray())); // => [1, 1]
 * log; // => ['cancelled']
 * ```
 */
export function fromReadableStream<T>(source: ReadableStreamOf<T> | (() => ReadableStreamOf<T>)): AskableObservable<T> {
  if (typeof source === 'function') {
    return new AskableObservable(iteration(() => new StreamIterable<T>(checked(source()))));
  }
  return new AskableObservable(iteration(new StreamIterable<T>(checked(source))));
}

function checked<T>(stream: ReadableStreamOf<T>): ReadableStreamInput<T> {
  if (isReadableStream<T>(stream)) return stream;
  throw new TypeError(`Expected a readable stream, received ${kindOf(stream)}.`);
}
