import { UnsubscribedError } from './errors.js';
import { holds } from './exit.js';
import { more, type Cancel, type Scope } from './scope.js';
import { shared } from './shared.js';

/** Ends the body. Scopes in it that are left by this are put off, see `leave`. */
export function tearDown(scope: Scope): void {
  const { tearing } = shared;
  shared.tearing = scope;
  extent(scope, null);
  shared.tearing = tearing;
}

/** Runs a teardown with `scope` as the collector for whatever is left in it. What it throws, the scope gets. */
export function extent(scope: Scope, cancel: Cancel | null): void {
  const { current } = shared;
  shared.current = scope;
  try {
    if (cancel === null) scope.tearDown();
    else cancel.unsubscribe();
  } catch (error) {
    scope.collect(error);
  } finally {
    shared.current = current;
  }
}

/** The signal that a running acquire can watch. Made when it is read. */
export function signalOf(scope: Scope): AbortSignal {
  const rest = more(scope);
  if (rest.controller === null) {
    rest.controller = new AbortController();
    if (scope.exit?.kind === 'unsubscribe') {
      rest.controller.abort(new UnsubscribedError(`"${scope.name}" was unsubscribed.`, { resource: scope.name }));
    }
  }
  return rest.controller.signal;
}

/** Aborts the signal that the acquire was given, if it was looked at. */
export function abort(scope: Scope, reason: unknown): void {
  const controller = scope.more?.controller;
  if (controller === undefined || controller === null || controller.signal.aborted) return;
  controller.abort(reason ?? new UnsubscribedError(`"${scope.name}" was unsubscribed.`, { resource: scope.name }));
}

/** Whether `error` only says that the signal was aborted (law 13). */
export function isAbort(scope: Scope, error: unknown): boolean {
  const signal = scope.more?.controller?.signal;
  return signal?.aborted === true && (error === signal.reason || holds(error, signal.reason));
}
