import { checkFunction } from '../internal/check.js';
import { mapping } from './leaf.js';
import { nodeOf, Resource } from './resource-class.js';

/**
 * The same resource with another handle, made of the first one. A throw of `project` releases what was entered.
 *
 * @example
 * ```ts
 * import { firstValue, fromValue, mapValue } from 'rxscope';
 *
 * await firstValue(fromValue('rows').pipe(mapValue((text) => text.length))); // => 4
 * ```
 */
export function mapValue<T, R>(project: (value: T) => R): (source: Resource<T>) => Resource<R> {
  checkFunction(project, 'project');
  return (source) => new Resource(source.name, mapping(nodeOf(source), project));
}
