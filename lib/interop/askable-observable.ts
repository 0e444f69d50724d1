import { SupplyObservable } from '../core/supply-observable.js';
import { toAsyncIterable } from './to-async-iterable.js';

/**
 * An observable that is also an async iterable, with nothing waiting in between: what {@link fromAsyncIterable},
 * {@link fromReadableStream} and {@link paginate} make. {@link pull} and `for await` ask it for one value after the other;
 * operators take it for the observable that it is, and what they make of it is no longer one.
 *
 * @example
 * ```ts
 * import { AskableObservable, fromAsyncIterable } from 'rxscope';
 *
 * async function* letters() {
 *   yield* ['a', 'b', 'c'];
 * }
 * const seen: string[] = [];
 * const source: AskableObservable<string> = fromAsyncIterable(letters);
 * for await (const letter of source) seen.push(letter);
 * seen; // => ['a', 'b', 'c']
 * ```
 */
export class AskableObservable<T> extends SupplyObservable<T> implements AsyncIterable<T, void> {
  /** Each loop is a subscription of its own (law 33). */
  [Symbol.asyncIterator](): AsyncGenerator<T, void, unknown> {
    return toAsyncIterable(this)[Symbol.asyncIterator]();
  }
}
