import type { Observable, OperatorFunction } from 'rxjs';

import { kindOf } from '../internal/check.js';
import type { Node } from './engine/scope.js';
import { nodeKey, ScopeObservable } from './scope-observable.js';

/**
 * Something that is acquired, used and released: a description, free to make, that can be entered any number of
 * times. Made by {@link resource} and its relatives, used by `using`, `use`, `lease` and `ExitStack`.
 *
 * It is an observable too: subscribing enters it, emits the handle once and stays open until it is unsubscribed
 * (or the handle is lost). Every subscription is a scope of its own (law 5).
 *
 * **Guarantees.** A handle that was acquired is released exactly once (law 1). Completion and errors come after the
 * release has finished (law 3).
 *
 * **Cancellation.** Unsubscribing while acquiring aborts the context's signal, and what still comes is released
 * (law 13). Unsubscribing later releases at once, in the background (law 12).
 *
 * **Errors.** What `acquire` or `release` fail with, as it is; `ResourceLostError` when the handle is lost.
 *
 * @example
 * ```ts
 * import { resource, using } from 'rxscope';
 *
 * const log: string[] = [];
 * const door = resource({
 *   acquire: () => 'door',
 *   release: (name, exit) => log.push(`${name} closed: ${exit.kind}`),
 * });
 * using(door, (name) => [name.length]).subscribe((length) => log.push(`length ${length}`));
 * log; // => ['length 4', 'door closed: complete']
 * ```
 */
export class Resource<T> extends ScopeObservable<T> {
  /** @internal */
  constructor(name: string, node: Node) {
    super(name, node, null);
  }

  /**
   * As `Observable#pipe`; operators from resource to resource chain, and anything else takes over from there.
   */
  override pipe(): Resource<T>;
  override pipe<A>(op1: (source: Resource<T>) => A): A;
  override pipe<A, B>(op1: (source: Resource<T>) => A, op2: (source: A) => B): B;
  override pipe<A, B, C>(op1: (source: Resource<T>) => A, op2: (source: A) => B, op3: (source: B) => C): C;
  override pipe<A, B, C, D>(
    op1: (source: Resource<T>) => A,
    op2: (source: A) => B,
    op3: (source: B) => C,
    op4: (source: C) => D,
  ): D;
  override pipe<A, B, C, D, E>(
    op1: (source: Resource<T>) => A,
    op2: (source: A) => B,
    op3: (source: B) => C,
    op4: (source: C) => D,
    op5: (source: D) => E,
  ): E;
  override pipe<A, B, C, D, E, F>(
    op1: (source: Resource<T>) => A,
    op2: (source: A) => B,
    op3: (source: B) => C,
    op4: (source: C) => D,
    op5: (source: D) => E,
    op6: (source: E) => F,
  ): F;
  override pipe<A, B, C, D, E, F, G>(
    op1: (source: Resource<T>) => A,
    op2: (source: A) => B,
    op3: (source: B) => C,
    op4: (source: C) => D,
    op5: (source: D) => E,
    op6: (source: E) => F,
    op7: (source: F) => G,
  ): G;
  override pipe<A, B, C, D, E, F, G, H>(
    op1: (source: Resource<T>) => A,
    op2: (source: A) => B,
    op3: (source: B) => C,
    op4: (source: C) => D,
    op5: (source: D) => E,
    op6: (source: E) => F,
    op7: (source: F) => G,
    op8: (source: G) => H,
  ): H;
  override pipe<A, B, C, D, E, F, G, H, I>(
    op1: (source: Resource<T>) => A,
    op2: (source: A) => B,
    op3: (source: B) => C,
    op4: (source: C) => D,
    op5: (source: D) => E,
    op6: (source: E) => F,
    op7: (source: F) => G,
    op8: (source: G) => H,
    op9: (source: H) => I,
  ): I;
  override pipe<A, B, C, D, E, F, G, H, I>(
    op1: (source: Resource<T>) => A,
    op2: (source: A) => B,
    op3: (source: B) => C,
    op4: (source: C) => D,
    op5: (source: D) => E,
    op6: (source: E) => F,
    op7: (source: F) => G,
    op8: (source: G) => H,
    op9: (source: H) => I,
    ...operations: OperatorFunction<never, unknown>[]
  ): Observable<unknown>;
  override pipe(...operations: ((source: never) => unknown)[]): unknown {
    return operations.reduce<unknown>((source, operation) => operation(source as never), this);
  }
}

/** The tree behind a resource, for what composes it. Also of a resource from another copy of the package. */
export function nodeOf(resource: Resource<unknown>): Node {
  checkResource(resource);
  return resource[nodeKey];
}

/** Refuses anything but a resource, where the caller hands it in. */
export function checkResource(resource: Resource<unknown>): void {
  if (isResource(resource)) return;
  throw new TypeError(
    `Expected a Resource, received ${kindOf(resource)}. ` +
      'Make one with resource(), fromManager(), fromDisposable() or fromValue().',
  );
}

export function isResource(value: unknown): value is Resource<unknown> {
  return (
    typeof value === 'object' && value !== null && nodeKey in value && 'project' in value && value.project === null
  );
}
