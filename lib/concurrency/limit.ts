import { checkCount } from '../internal/check.js';
import { chain } from '../core/leaf.js';
import { nodeOf, Resource } from '../core/resource-class.js';
import { Semaphore, semaphore } from './semaphore.js';

/**
 * At most so many scopes of a resource open at a time; the others wait before they acquire.
 *
 * With a number, the limit is of this one piped resource, for all who enter it; with a semaphore, of everything that takes
 * its permits.
 *
 * **Guarantees.** The permit is taken before the resource is acquired, and goes back after it has been released (law 4).
 * **Fairness, cancellation, cost.** As those of {@link semaphore}. **Errors.** `RangeError` or `TypeError` at the call.
 *
 * @example
 * ```ts
 * import { limit, resource } from 'rxscope';
 *
 * let open = 0;
 * const file = resource({ acquire: () => ++open, release: () => open-- }).pipe(limit(2));
 * const scopes = [file.subscribe(), file.subscribe(), file.subscribe()];
 * open; // => 2
 * scopes.forEach((scope) => scope.unsubscribe());
 * open; // => 0
 * ```
 */
export function limit(permits: Semaphore | number): <T>(source: Resource<T>) => Resource<T> {
  if (!(permits instanceof Semaphore)) checkCount(permits, 'limit', 1);
  return <T>(source: Resource<T>) => {
    const node = nodeOf(source);
    const { permit } = permits instanceof Semaphore ? permits : semaphore(permits, { name: source.name });
    return new Resource<T>(
      source.name,
      chain(nodeOf(permit), () => node),
    );
  };
}
