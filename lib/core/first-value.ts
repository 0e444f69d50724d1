import { EmptyError, take, type Observable } from 'rxjs';

import { Consuming } from './consuming.js';

/** Options of {@link firstValue} and {@link lastValue}. */
export interface ValueOptions<D> {
  /** Unsubscribes when it aborts; the promise rejects with its reason once everything is released. */
  readonly signal?: AbortSignal;
  /** What to answer where the source has no value. Default: reject with RxJS's `EmptyError`. */
  readonly defaultValue?: D;
}

/**
 * The first value of a source, once everything upstream is released: RxJS's `firstValueFrom`, which does not wait.
 *
 * **Cancellation.** When `signal` aborts, the source is unsubscribed at once, and the promise rejects with the reason
 * after the releases. **Errors.** The source's error; what a release fails with; `EmptyError`.
 *
 * @example
 * ```ts
 * import { firstValue, resource, use } from 'rxscope';
 *
 * const log: string[] = [];
 * const file = resource({ acquire: () => 'row', release: async () => log.push('closed') });
 * await firstValue(file.pipe(use((row) => [row, row]))); // => 'row'
 * log; // => ['closed']
 * ```
 */
export function firstValue<T, D = T>(source: Observable<T>, options: ValueOptions<D> = {}): Promise<T | D> {
  return lastValue(source.pipe(take(1)), options);
}

/**
 * The last value of a source, once everything upstream is released: RxJS's `lastValueFrom` with a signal.
 *
 * **Cancellation** and **errors** as for {@link firstValue}.
 *
 * @example
 * ```ts
 * import { fromValue, lastValue, use } from 'rxscope';
 *
 * await lastValue(fromValue([1, 2, 3]).pipe(use((rows) => rows))); // => 3
 * ```
 */
export function lastValue<T, D = T>(source: Observable<T>, options: ValueOptions<D> = {}): Promise<T | D> {
  return new Promise((resolve, reject) => {
    let latest: { readonly value: T } | null = null;
    const observer = {
      next: (value: T): void => {
        latest = { value };
      },
      error: noop,
      complete: noop,
    };
    const consuming = new Consuming<T>(observer, options.signal).start(source);
    consuming.wait({
      resolve: () => {
        if (latest !== null) resolve(latest.value);
        else if ('defaultValue' in options) resolve(options.defaultValue);
        else reject(new EmptyError());
      },
      reject,
    });
  });
}

function noop(): void {
  // told through the promise
}
