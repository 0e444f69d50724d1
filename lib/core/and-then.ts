import { checkFunction } from '../internal/check.js';
import { chain } from './leaf.js';
import { nodeOf, Resource } from './resource-class.js';

/**
 * Enters one resource, then the one made of its handle; the second handle is the result.
 *
 * Use it where one resource needs another: a transaction its connection. For independent ones see {@link combine}.
 *
 * **Guarantees.** Released in reverse order, the second before the first, each finished before the next (law 4). Where
 * the second fails to enter, the first is released with that error (law 11), and may suppress it. Any number can be
 * chained without nesting calls (law 6). **Errors.** What `next` throws; `TypeError` where it answers no resource.
 *
 * @example
 * ```ts
 * import { andThen, lastValue, resource, use } from 'rxscope';
 *
 * const log: string[] = [];
 * const named = (name: string) => resource({ acquire: () => name, release: () => log.push(`close ${name}`) });
 * const transaction = named('connection').pipe(andThen((connection) => named(`transaction on ${connection}`)));
 * await lastValue(transaction.pipe(use((handle) => [handle]))); // => 'transaction on connection'
 * log; // => ['close transaction on connection', 'close connection']
 * ```
 */
export function andThen<T, R>(next: (value: T) => Resource<R>): (source: Resource<T>) => Resource<R> {
  checkFunction(next, 'next');
  return (source) =>
    new Resource(
      source.name,
      chain(nodeOf(source), (value: T) => nodeOf(next(value))),
    );
}
