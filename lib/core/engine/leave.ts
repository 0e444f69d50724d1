import { Background } from './background.js';
import { failed, UNSUBSCRIBE, type Exit } from './exit.js';
import { ENDING, ENTERING, GONE, more, type Scope } from './scope.js';
import { shared } from './shared.js';
import { abort, extent, tearDown } from './teardown.js';
import { end, settle } from './unwind.js';

/** The consumer has left. */
export function leave(scope: Scope): void {
  if (scope.left || scope.state === GONE) return;
  scope.left = true;
  if (scope.link !== null && scope.link === shared.tearing) {
    // The scope around is being torn down just now. Its loop takes this one next: a thousand scopes nested in
    // each other are left one after the other, not one inside the other.
    (shared.departed ??= []).push(scope);
    return;
  }
  const { tearing, departed } = shared;
  shared.departed = null;
  depart(scope);
  const inner = innerScopes();
  if (inner !== null) for (let i = 0; i < inner.length; i++) depart(inner[i] as Scope);
  shared.tearing = tearing;
  shared.departed = departed;
  if (inner !== null) for (let i = inner.length - 1; i >= 0; i--) withdraw(inner[i] as Scope);
  withdraw(scope);
}

/** A call, so that the compiler does not conclude from the assignment above that it is still null. */
function innerScopes(): Scope[] | null {
  return shared.departed;
}

function depart(scope: Scope): void {
  if (scope.exit === null) {
    scope.exit = UNSUBSCRIBE;
    abort(scope, null);
    stop(scope);
  }
  tearDown(scope);
}

function withdraw(scope: Scope): void {
  settle(scope);
  if (scope.state !== GONE) more(scope).background = new Background(scope.link, scope.layer);
}

/** Ends a scope from outside, whatever it is at. An acquire that runs is waited for, as when it is left. */
export function close(scope: Scope, exit: Exit): void {
  if (scope.exit !== null) return;
  if (scope.state !== ENTERING) {
    end(scope, exit);
    return;
  }
  scope.exit = exit;
  abort(scope, exit.kind === 'error' ? exit.error : null);
  stop(scope);
  settle(scope);
}

/** What is held died (law 29). The whole scope ends with that error, and so does the one it is a part of. */
export function lose(scope: Scope, error: unknown): void {
  if (scope.owner !== null) lose(scope.owner, error);
  else close(scope, failed(error));
}

/** Ends what there is of entering or of the body; a running acquire is only given up where that is allowed. */
function stop(scope: Scope): void {
  const cancel = scope.more?.cancel ?? null;
  if (scope.state === ENTERING && cancel === null) return;
  scope.state = ENDING;
  if (cancel !== null) {
    (scope.more as NonNullable<Scope['more']>).cancel = null;
    extent(scope, cancel);
  }
}
