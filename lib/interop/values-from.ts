import type { Observable } from 'rxjs';

import { toAsyncIterable } from './to-async-iterable.js';

/**
 * Every value of an observable, one by one: the function of that name in rxjs-for-await, left at once when the loop is.
 *
 * Short for `toAsyncIterable(source)[Symbol.asyncIterator]()`; guarantees, cancellation and errors are those of
 * {@link toAsyncIterable}. Values wait without limit: give `toAsyncIterable` a `highWaterMark` where that matters.
 *
 * @example
 * ```ts
 * import { of } from 'rxjs';
 * import { eachValueFrom } from 'rxscope';
 *
 * const seen: number[] = [];
 * for await (const value of eachValueFrom(of(1, 2, 3))) seen.push(value);
 * seen; // => [1, 2, 3]
 * ```
 */
export function eachValueFrom<T>(source: Observable<T>): AsyncGenerator<T, void, unknown> {
  return toAsyncIterable(source)[Symbol.asyncIterator]();
}

/**
 * Every value of an observable, in arrays of what has come while the loop was busy: the function of that name in
 * rxjs-for-await, left at once when the loop is. Guarantees, cancellation and errors are those of {@link toAsyncIterable}.
 *
 * @example
 * ```ts
 * import { of } from 'rxjs';
 * import { bufferedValuesFrom } from 'rxscope';
 *
 * const seen: number[][] = [];
 * for await (const values of bufferedValuesFrom(of(1, 2, 3))) seen.push(values);
 * seen; // => [[1, 2, 3]]
 * ```
 */
export function bufferedValuesFrom<T>(source: Observable<T>): AsyncGenerator<T[], void, unknown> {
  return toAsyncIterable(source, { strategy: 'batch' })[Symbol.asyncIterator]();
}

/**
 * The newest value of an observable that the loop has not seen: the function of that name in rxjs-for-await, left at once
 * when the loop is, and without losing the last value. Guarantees, cancellation and errors are those of
 * {@link toAsyncIterable}.
 *
 * @example
 * ```ts
 * import { of } from 'rxjs';
 * import { latestValueFrom } from 'rxscope';
 *
 * const seen: number[] = [];
 * for await (const value of latestValueFrom(of(1, 2, 3))) seen.push(value);
 * seen; // => [3]
 * ```
 */
export function latestValueFrom<T>(source: Observable<T>): AsyncGenerator<T, void, unknown> {
  return toAsyncIterable(source, { strategy: 'latest' })[Symbol.asyncIterator]();
}

/**
 * The first value that comes after the loop has asked for one: the function of that name in rxjs-for-await, left at once when
 * the loop is. What a source emits inside its own subscribe comes too early. Guarantees, cancellation and errors are those
 * of {@link toAsyncIterable}.
 *
 * @example
 * ```ts
 * import { interval, take } from 'rxjs';
 * import { nextValueFrom } from 'rxscope';
 *
 * const seen: number[] = [];
 * for await (const value of nextValueFrom(interval(1).pipe(take(2)))) seen.push(value);
 * seen; // => [0, 1]
 * ```
 */
export function nextValueFrom<T>(source: Observable<T>): AsyncGenerator<T, void, unknown> {
  return toAsyncIterable(source, { strategy: 'next' })[Symbol.asyncIterator]();
}
