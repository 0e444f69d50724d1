import { UnsubscribedError } from './errors.js';
import { saysAborted } from './exit.js';
import { more, type Cancel, type Scope } from './scope.js';
import { shared } from './shared.js';

/** Runs a teardown with `scope` as the collector for whatever is left in it. What it throws, the scope gets. */
export function extent(scope: Scope, cancel: Cancel | null): void {
  const { current, crossed } = shared;
  shared.current = scope;
  shared.crossed = 0;
  try {
    if (cancel === null) scope.tearDown();
    else cancel.unsubscribe();
  } catch (error) {
    scope.collect(error);
  } finally {
    shared.current = current;
    shared.crossed = crossed;
  }
}

/** The signal that a running acquire can watch. Made when it is read. A part's aborts with that of its whole. */
export function signalOf(scope: Scope): AbortSignal {
  const rest = more(scope);
  if (rest.controller !== null) return rest.controller.signal;
  rest.controller = new AbortController();
  if (scope.whole !== null) {
    const signal = signalOf(scope.whole);
    const follow = (): void => {
      if (scope.exit === null) abort(scope, signal.reason);
    };
    if (signal.aborted) follow();
    else {
      signal.addEventListener('abort', follow, { once: true });
      rest.unfollow = () => {
        signal.removeEventListener('abort', follow);
      };
    }
  }
  if (scope.exit?.kind === 'unsubscribe') abort(scope, null);
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
  return saysAborted(error, scope.more?.controller?.signal);
}

/** Whether the scope, or the whole it is a part of, has been left. */
export function isLeft(scope: Scope): boolean {
  for (let one: Scope | null = scope; one !== null; one = one.whole) {
    if (one.exit?.kind === 'unsubscribe') return true;
  }
  return false;
}
