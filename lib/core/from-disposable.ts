import { ScopeContext, type AcquireContext } from './acquire-context.js';
import type { Awaitable } from './awaitable.js';
import { checkFunction } from '../internal/check.js';
import { disposalOf, type AnyDisposable, type Disposal } from './disposal.js';
import { leaf } from './leaf.js';
import { mapAwaitable } from './map-awaitable.js';
import { Resource } from './resource-class.js';

/**
 * An object that can dispose of itself as a resource.
 *
 * Without a method, `[Symbol.asyncDispose]`, `[Symbol.dispose]` and `unsubscribe` are looked for, in this order; any
 * other method has to be named. It is never guessed: a client borrowed from a pool of `pg` has both `end` and
 * `release`, and they mean different things.
 *
 * **Guarantees.** The method is looked up once, when acquired, and called on the object without arguments. The promise
 * of an asynchronous dispose, or of a named method, is awaited; what a synchronous dispose answers is not (law 28).
 * `null` and `undefined` are allowed and have nothing to release. **Cancellation.** As for {@link resource}.
 *
 * **Errors.** `TypeError` at acquire where there is no such method. Follows TC39's explicit resource management.
 *
 * @example
 * ```ts
 * import { fromDisposable, lastValue, using } from 'rxscope';
 *
 * const log: string[] = [];
 * const socket = fromDisposable(() => ({ port: 80, close: async () => log.push('closed') }), 'close');
 * await lastValue(using(socket, ({ port }) => [port])); // => 80
 * log; // => ['closed']
 * ```
 */
export function fromDisposable<T extends AnyDisposable | null | undefined>(
  factory: (context: AcquireContext) => Awaitable<T>,
): Resource<T>;
export function fromDisposable<T>(
  factory: (context: AcquireContext) => Awaitable<T>,
  method: keyof NonNullable<T>,
): Resource<T>;
export function fromDisposable<T>(
  factory: (context: AcquireContext) => Awaitable<T>,
  method?: keyof NonNullable<T>,
): Resource<T> {
  checkFunction(factory, 'factory');
  return new Resource(
    'disposable',
    leaf({
      acquire: (scope) =>
        mapAwaitable<T, Disposal<T>>(factory(new ScopeContext(scope)), (value) => disposalOf(value, method)),
      entered: (_scope, token: Disposal<T>) => token.value,
      release: (token: Disposal<T>) => token.run(),
    }),
  );
}
