import { leaf } from './leaf.js';
import { Resource } from './resource-class.js';

/**
 * A value as a resource, with nothing to release: for where a resource is asked for and there is none.
 *
 * The value is handed over as it is; promises and observables are not unwrapped. Follows cats-effect's
 * `Resource.pure`.
 *
 * @example
 * ```ts
 * import { firstValue, fromValue } from 'rxscope';
 *
 * await firstValue(fromValue(42)); // => 42
 * ```
 */
export function fromValue<T>(value: T): Resource<T> {
  return new Resource('value', leaf({ awaits: false, acquire: () => value }));
}
