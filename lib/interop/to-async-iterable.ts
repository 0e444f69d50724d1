import type { Observable } from 'rxjs';

import { checkCount } from '../internal/check.js';
import { BatchIterator } from './batch-iterator.js';
import type { ObservableIterator } from './observable-iterator.js';
import { StoredIterator } from './stored-iterator.js';
import { BatchStore, BufferStore, LatestStore, NoStore, type Overflow, type Store } from './store.js';

/** Which values a loop over an observable sees when it is slower than the source; see {@link toAsyncIterable}. */
export type IterationStrategy = 'buffer' | 'batch' | 'latest' | 'next';

/** Options of {@link toAsyncIterable}. */
export interface IterationOptions {
  /** Default: `buffer`. */
  readonly strategy?: IterationStrategy;
  /** How many values may wait, with `buffer` and `batch`. Default: no limit. */
  readonly highWaterMark?: number;
  /**
   * What becomes of a value that comes when as many wait: a `CapacityError`, after what waits, with the source left at
   * once (`error`, the default), or one value less (`drop-oldest`, `drop-newest`).
   */
  readonly overflow?: Overflow;
  /** Leaves the source when it aborts. The loop then fails with its reason, once everything is released. */
  readonly signal?: AbortSignal;
  /** Subscribes when an iterator is made, not at its first `next()`: a hot source's values until then would be lost. */
  readonly eager?: boolean;
}

/** An observable to loop over, as often as you like: each iterator is a subscription of its own. */
export interface ObservableIterable<R> extends AsyncIterable<R, void> {
  [Symbol.asyncIterator](): AsyncGenerator<R, void, unknown>;
}

/**
 * An observable for `for await`: left at once when the loop is, with its cleanup awaited.
 *
 * | strategy | a slow loop sees |
 * | --- | --- |
 * | `buffer` | every value, one by one |
 * | `batch` | every value, in arrays of all that have come meanwhile |
 * | `latest` | the newest value it has not seen |
 * | `next` | the first value that comes after it has asked, and after subscribing |
 *
 * **Guarantees** (law 33). Subscribed at the first `next()`. Values before the error; completion and errors after the
 * releases upstream. Several `next()` at a time are answered in order. Each value costs the same however many wait. An
 * observable of this library that can be asked, as {@link fromAsyncIterable} and {@link paginate} make them, is asked for
 * one value per `next()` with `buffer` and `next`, and nothing waits.
 *
 * **Cancellation.** `break`, `return()`, `throw()` and `await using` unsubscribe at once, answer a pending `next()` with done,
 * and wait for the releases. Before the first `next()` there is nothing to unsubscribe. **Limits.** Without `highWaterMark` there is
 * none: a source that emits without end inside its own subscribe is stopped by a limit alone.
 *
 * **Errors.** The source's error; `CapacityError`; what a release fails with, which after `break` also goes to
 * `config.onUnhandledError`, because a loop that is left by a throw hides it. Any other error that nobody
 * was told when the loop is left is dropped, as RxJS does. `RangeError` and `TypeError` for wrong options.
 *
 * @example
 * ```ts
 * import { interval, map } from 'rxjs';
 * import { resource, toAsyncIterable, use } from 'rxscope';
 *
 * const log: string[] = [];
 * const clock = resource({ acquire: () => 'tick', release: async () => log.push('stopped') });
 * for await (const tick of toAsyncIterable(clock.pipe(use((word) => interval(1).pipe(map((n) => `${word} ${n}`)))))) {
 *   log.push(tick);
 *   if (tick === 'tick 1') break;
 * }
 * log; // => ['tick 0', 'tick 1', 'stopped']
 * ```
 */
export function toAsyncIterable<T>(
  source: Observable<T>,
  options: IterationOptions & { readonly strategy: 'batch' },
): ObservableIterable<T[]>;
export function toAsyncIterable<T>(source: Observable<T>, options?: IterationOptions): ObservableIterable<T>;
export function toAsyncIterable<T>(source: Observable<T>, options: IterationOptions = {}): ObservableIterable<T | T[]> {
  check(options);
  return {
    [Symbol.asyncIterator]: () => {
      const iterator = iteratorFor(source, options);
      if (options.eager === true) iterator.start();
      return iterator;
    },
  };
}

function iteratorFor<T>(
  source: Observable<T>,
  options: IterationOptions,
): ObservableIterator<T, T> | ObservableIterator<T, T[]> {
  const { strategy = 'buffer', highWaterMark = Infinity, overflow = 'error', eager = false } = options;
  if (strategy !== 'batch') return new StoredIterator(source, storeFor<T>(strategy, highWaterMark, overflow), options);
  // What rxjs-for-await gathers has no limit, and nothing gathers before the first `next()`.
  if (highWaterMark === Infinity && !eager) return new BatchIterator(source, options);
  return new StoredIterator(source, new BatchStore<T>(highWaterMark, overflow), options);
}

function storeFor<T>(strategy: 'buffer' | 'latest' | 'next', limit: number, overflow: Overflow): Store<T, T> {
  if (strategy === 'buffer') return new BufferStore(limit, overflow);
  return strategy === 'latest' ? new LatestStore() : new NoStore();
}

function check({ strategy = 'buffer', highWaterMark, overflow }: IterationOptions): void {
  oneOf(strategy, ['buffer', 'batch', 'latest', 'next'], 'strategy');
  if (overflow !== undefined) oneOf(overflow, ['error', 'drop-oldest', 'drop-newest'], 'overflow');
  const holds = strategy === 'buffer' || strategy === 'batch';
  if (!holds && (highWaterMark !== undefined || overflow !== undefined)) {
    throw new TypeError(`Expected no highWaterMark and no overflow with strategy '${strategy}', where nothing waits.`);
  }
  if (overflow !== undefined && highWaterMark === undefined) {
    throw new TypeError('Expected overflow together with highWaterMark: without a limit there is none.');
  }
  if (highWaterMark !== undefined) checkCount(highWaterMark, 'highWaterMark', 1);
}

function oneOf(value: string, allowed: readonly string[], what: string): void {
  if (allowed.includes(value)) return;
  throw new TypeError(`Expected ${what} to be one of '${allowed.join("', '")}', received ${value}.`);
}
