import { catchError } from 'rxjs';

import { checkFunction } from '../internal/check.js';
import { entering, partLeaf } from './entering.js';
import { Resource } from './resource-class.js';

/**
 * A fallback where entering fails. What the failed one had entered is released before the fallback is entered. Errors
 * of the body are not its business. **Errors.** What `fallback` throws; `TypeError` where it answers no resource.
 *
 * @example
 * ```ts
 * import { lastValue, orElse, resource, fromValue, use } from 'rxscope';
 *
 * const primary = resource<string>({ acquire: () => Promise.reject(new Error('down')) });
 * await lastValue(primary.pipe(orElse(() => fromValue('replica')), use((db) => [db]))); // => 'replica'
 * ```
 */
export function orElse<R>(fallback: (error: unknown) => Resource<R>): <T>(source: Resource<T>) => Resource<T | R> {
  checkFunction(fallback, 'fallback');
  return <T>(source: Resource<T>) =>
    new Resource<T | R>(
      source.name,
      partLeaf((scope) =>
        entering(source, scope).pipe(catchError((error: unknown) => entering(fallback(error), scope))),
      ),
    );
}
