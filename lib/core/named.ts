import { nodeOf, Resource } from './resource-class.js';

/**
 * The same resource under another name, as errors and `openResources()` show it.
 *
 * @example
 * ```ts
 * import { fromValue, named } from 'rxscope';
 *
 * fromValue(1).pipe(named('one')).name; // => 'one'
 * ```
 */
export function named(name: string): <T>(source: Resource<T>) => Resource<T> {
  return <T>(source: Resource<T>) => {
    const node = nodeOf(source);
    return new Resource<T>(name, node.kind === 'leaf' && node.renamed !== undefined ? node.renamed(name) : node);
  };
}
