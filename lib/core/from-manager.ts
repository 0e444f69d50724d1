import { ScopeContext, type AcquireContext } from './acquire-context.js';
import type { Awaitable } from './awaitable.js';
import { checkFunction } from '../internal/check.js';
import type { Exit } from './engine/exit.js';
import { leaf } from './leaf.js';
import { mapAwaitable } from './map-awaitable.js';
import { Resource } from './resource-class.js';

/** A context manager: what Python has as `__aenter__` and `__aexit__`. */
export interface Manager<T> {
  /** Acquires; answers the handle. */
  enter(context: AcquireContext): Awaitable<T>;
  /** Releases. Answering `true` suppresses the body's error (law 8). */
  exit(exit: Exit): Awaitable<boolean | void>;
}

/**
 * A class with `enter` and `exit` as a resource. `factory` makes one manager for each scope.
 *
 * **Guarantees.** `exit` is called once if and only if `enter` has succeeded. **Cancellation.** As for
 * {@link resource}. **Errors.** `TypeError` at acquire where the manager lacks a method. Follows Python's asynchronous
 * context managers (PEP 492).
 *
 * @example
 * ```ts
 * import { fromManager, lastValue, use, type Exit } from 'rxscope';
 *
 * class Timer {
 *   static last = '';
 *   enter() {
 *     return { laps: [1, 2, 3] };
 *   }
 *   exit(exit: Exit) {
 *     Timer.last = exit.kind;
 *   }
 * }
 * await lastValue(fromManager(() => new Timer()).pipe(use((timer) => timer.laps))); // => 3
 * Timer.last; // => 'complete'
 * ```
 */
export function fromManager<T>(factory: () => Manager<T>): Resource<T> {
  checkFunction(factory, 'factory');
  return new Resource(
    'manager',
    leaf({
      mode: 'exit',
      acquire: (scope) => {
        const manager = factory();
        checkFunction((manager as Partial<Manager<T>> | null | undefined)?.enter, 'the manager\'s "enter"');
        checkFunction((manager as Partial<Manager<T>>).exit, 'the manager\'s "exit"');
        return mapAwaitable<T, Managed<T>>(manager.enter(new ScopeContext(scope)), (handle) => ({ manager, handle }));
      },
      entered: (_scope, token: Managed<T>) => token.handle,
      release: (token: Managed<T>, exit) => token.manager.exit(exit),
    }),
  );
}

interface Managed<T> {
  readonly manager: Manager<T>;
  readonly handle: T;
}
