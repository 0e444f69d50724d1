import { asyncScheduler, throwError, timeout, type SchedulerLike } from 'rxjs';

import { checkDuration } from '../internal/check.js';
import { ReleaseTimeoutError } from './engine/errors.js';
import { entering, exiting, partLeaf } from './entering.js';
import { Resource } from './resource-class.js';

/**
 * Limits how long the release may take. Without a limit, a release that hangs hangs its scope, and
 * `openResources()` shows it.
 *
 * **Guarantees.** A release that is not finished at the limit counts as failed, and unwinding goes on. It is not
 * interrupted; when it settles later that is ignored, and when it fails later that goes to `config.onUnhandledError`
 * (law 20). **Errors.** `ReleaseTimeoutError`, by law 9 together with the body's error; `RangeError` for a bad `due`.
 * The timer runs on `scheduler` (default `asyncScheduler`; law 19).
 *
 * @example
 * ```ts
 * import { NEVER } from 'rxjs';
 * import { lastValue, releaseTimeout, resource, use } from 'rxscope';
 *
 * const stuck = resource({ acquire: () => 1, release: () => NEVER }).pipe(releaseTimeout(10));
 * await lastValue(stuck.pipe(use((n) => [n]))).catch((error: Error) => error.name); // => 'ReleaseTimeoutError'
 * ```
 *
 * @param due milliseconds
 */
export function releaseTimeout<T>(due: number, scheduler?: SchedulerLike): (source: Resource<T>) => Resource<T>;
export function releaseTimeout(due: number, scheduler?: SchedulerLike): <T>(source: Resource<T>) => Resource<T>;
export function releaseTimeout(
  due: number,
  scheduler: SchedulerLike = asyncScheduler,
): <T>(source: Resource<T>) => Resource<T> {
  checkDuration(due, 'releaseTimeout');
  return <T>(source: Resource<T>) => {
    const late = (): Error =>
      new ReleaseTimeoutError(`"${source.name}" was not released within ${String(due)} ms.`, { resource: source.name });
    return new Resource<T>(
      source.name,
      partLeaf(
        (scope) => entering(source, scope),
        (holding, exit) =>
          exiting(holding, exit).pipe(timeout({ first: due, scheduler, with: () => throwError(late) })),
      ),
    );
  };
}
