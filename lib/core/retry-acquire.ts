import { retry, type RetryConfig } from 'rxjs';

import { entering, partLeaf } from './entering.js';
import { Resource } from './resource-class.js';

/**
 * Tries entering again where it fails, by RxJS's own `retry` and with its options. What a failed try had entered is
 * released before the next one starts.
 *
 * ```marbles retry-acquire
 * socket 1  a-#
 * socket 2       a-^----!-|  complete
 * body             --1--|
 * use       ---------1----|
 * ```
 *
 * **Cancellation.** Unsubscribing between two tries ends it; during one, law 13 applies. **Errors.** The last try's.
 *
 * @example
 * ```ts
 * import { lastValue, resource, retryAcquire, use } from 'rxscope';
 *
 * let tries = 0;
 * const flaky = resource({
 *   acquire: () => {
 *     if (++tries < 3) throw new Error('not yet');
 *     return tries;
 *   },
 * });
 * await lastValue(flaky.pipe(retryAcquire({ count: 5, delay: 1 }), use((n) => [n]))); // => 3
 * ```
 */
export function retryAcquire(config: RetryConfig): <T>(source: Resource<T>) => Resource<T> {
  return <T>(source: Resource<T>) =>
    new Resource<T>(
      source.name,
      partLeaf((scope) => entering(source, scope).pipe(retry(config))),
    );
}
