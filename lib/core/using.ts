import type { Observable, ObservableInput, ObservedValueOf, Unsubscribable } from 'rxjs';

import { checkFunction } from '../internal/check.js';
import { disposalOf, type Disposal } from './disposal.js';
import { leaf } from './leaf.js';
import { isResource, nodeOf, type Resource } from './resource-class.js';
import { ScopeObservable } from './scope-observable.js';

/**
 * Enters a resource for each subscription, runs `project` with the handle, and releases when that has ended.
 *
 * ```marbles using
 * file   a-^-------!--|  complete
 * body     --1--2--|
 * using  ----1--2-----|
 * ```
 *
 * Of the resource, `a` says that entering begins, `^` that it is entered, `!` that the exit begins, `|` that it is over.
 *
 * Use it, or the pipeable {@link use}, wherever the work is an observable, a promise or an (async) iterable. For
 * imperative code there is {@link lease}. RxJS's own `using(factory, project)` is taken as it stands, without its leak
 * where `project` throws.
 *
 * **Guarantees.** Values pass at once; completion and errors come after the release has finished (law 3), so that
 * `retry`, `repeat`, `catchError` and `concatMap` downstream act after it. A scope inside `project` is released before
 * the one around it, also on unsubscribe (law 4).
 *
 * **Cancellation.** Unsubscribing ends the body and starts the release in the same tick; it goes on in the background,
 * where `settled()`, an enclosing scope and `awaitRelease()` wait for it (law 12).
 *
 * **Errors.** What acquiring, `project`, the body or the release fail with; two of them are a `SuppressedError`.
 * `TypeError` where the first argument is neither a resource nor a function.
 *
 * @example
 * ```ts
 * import { lastValue, resource, using } from 'rxscope';
 *
 * const log: string[] = [];
 * const file = resource({ acquire: async () => 'handle', release: async () => log.push('closed') });
 * const rows = using(file, async function* (handle) {
 *   yield `first of ${handle}`;
 *   yield `second of ${handle}`;
 * });
 * await lastValue(rows); // => 'second of handle'
 * log; // => ['closed']
 * ```
 */
export function using<T, O extends ObservableInput<unknown>>(
  resource: Resource<T>,
  project: (value: T) => O,
): Observable<ObservedValueOf<O>>;
export function using<U extends Unsubscribable | void, O extends ObservableInput<unknown>>(
  resourceFactory: () => U,
  observableFactory: (resource: U) => O | void,
): Observable<ObservedValueOf<O>>;
export function using(
  first: Resource<unknown> | (() => Unsubscribable | void),
  project: (value: never) => ObservableInput<unknown> | void,
): Observable<unknown> {
  checkFunction(project, 'project');
  if (typeof first === 'function' && !isResource(first)) return classic(first, project as never);
  const node = nodeOf(first);
  return new ScopeObservable(first.name, node, project as never);
}

/**
 * {@link using} as an operator: `resource.pipe(use(project))`.
 *
 * @example
 * ```ts
 * import { fromValue, lastValue, use } from 'rxscope';
 *
 * await lastValue(fromValue(20).pipe(use((n) => [n, n + 1]))); // => 21
 * ```
 */
export function use<T, O extends ObservableInput<unknown>>(
  project: (value: T) => O,
): (resource: Resource<T>) => Observable<ObservedValueOf<O>> {
  checkFunction(project, 'project');
  return (resource) => using(resource, project);
}

/** RxJS's signature: the factory's result is taken as it is, and a missing body is an empty one. */
function classic(
  factory: () => Unsubscribable | void,
  project: (resource: Unsubscribable | void) => ObservableInput<unknown> | void,
): Observable<unknown> {
  const node = leaf({
    awaits: false,
    acquire: () => {
      const made = factory();
      return disposalOf(made, typeof made?.unsubscribe === 'function' ? 'unsubscribe' : undefined);
    },
    entered: (_scope, token: Disposal<Unsubscribable | void>) => token.value,
    release: (token: Disposal<Unsubscribable | void>) => {
      token.run(); // as in RxJS, a promise of it is not awaited
    },
  });
  return new ScopeObservable('using', node, (value: Unsubscribable | void) => project(value) ?? []);
}
