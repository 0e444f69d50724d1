import { asyncScheduler, throwError, timeout, type SchedulerLike } from 'rxjs';

import { checkDuration } from '../internal/check.js';
import { AcquireTimeoutError } from './engine/errors.js';
import { entering, partLeaf } from './entering.js';
import { Resource } from './resource-class.js';

/**
 * Limits how long entering may take.
 *
 * **Guarantees.** At the limit the context's signal aborts and the scope fails at once. A handle that comes later is
 * released with `unsubscribe`, in the background (law 13). **Errors.** `AcquireTimeoutError`; `RangeError` for a bad
 * `due`. The timer runs on `scheduler` (default `asyncScheduler`; law 19).
 *
 * @example
 * ```ts
 * import { NEVER } from 'rxjs';
 * import { acquireTimeout, lastValue, resource, use } from 'rxscope';
 *
 * const stuck = resource({ acquire: () => NEVER, interruptible: true }).pipe(acquireTimeout(10));
 * await lastValue(stuck.pipe(use(() => [1]))).catch((error: Error) => error.name); // => 'AcquireTimeoutError'
 * ```
 *
 * @param due milliseconds
 */
export function acquireTimeout(
  due: number,
  scheduler: SchedulerLike = asyncScheduler,
): <T>(source: Resource<T>) => Resource<T> {
  checkDuration(due, 'acquireTimeout');
  return <T>(source: Resource<T>) => {
    const late = (): Error =>
      new AcquireTimeoutError(`"${source.name}" was not acquired within ${String(due)} ms.`, { resource: source.name });
    return new Resource<T>(
      source.name,
      partLeaf((scope) =>
        entering(source, scope).pipe(timeout({ first: due, scheduler, with: () => throwError(late) })),
      ),
    );
  };
}
