import { Background } from './background.js';
import { failed, UNSUBSCRIBE, type Exit } from './exit.js';
import { ENDING, ENTERING, GONE, more, PARKED, STOPPING, type Cancel, type Scope } from './scope.js';
import { shared } from './shared.js';
import { abort, extent } from './teardown.js';
import { settle } from './unwind.js';

/** The body has ended, or entering has failed. The first to say so decides: the exit is frozen. */
export function end(scope: Scope, exit: Exit): void {
  if (scope.exit !== null) return;
  scope.exit = exit;
  scope.state = STOPPING;
  if (exit.kind === 'unsubscribe') abort(scope, null);
  tearDown(scope);
  scope.state = ENDING;
  // Told by an inner scope that has just gone: its loop goes on with this one, instead of one call in another.
  if (shared.delivering === scope) shared.delivering = null;
  else settle(scope);
}

/** The consumer has left. */
export function leave(scope: Scope): void {
  if (scope.left || scope.state === GONE) return;
  scope.left = true;
  if (scope.link !== null && scope.link === shared.tearing && scope.whole === null) {
    // The scope around is being torn down just now. Its loop takes this one next: a thousand scopes nested in
    // each other are left one after the other, not one inside the other.
    (shared.departed ??= []).push(scope);
    return;
  }
  const first = stop(scope, UNSUBSCRIBE);
  tearDown(scope);
  withdraw(scope, first);
}

/** Ends a scope from outside, whatever it is at. An acquire that runs is waited for, as when it is left. */
export function close(scope: Scope, exit: Exit): void {
  if (scope.state !== ENTERING) end(scope, exit);
  else if (stop(scope, exit)) proceed(scope);
}

/** What is held died (law 29). The whole scope ends with that error, and so does the one it is a part of. */
export function lose(scope: Scope, error: unknown): void {
  if (scope.owner !== null) lose(scope.owner, error);
  else if (scope.keeper !== null && scope.keeper !== undefined) scope.keeper.partLost(error);
  else close(scope, failed(error));
}

/** Tears the body down, and after it the bodies of the scopes in it that this has left, one after the other. */
function tearDown(scope: Scope): void {
  if (scope.bare) {
    scope.tearDown();
    return;
  }
  const { tearing, departed } = shared;
  shared.departed = null;
  tearOne(scope);
  const inner = innerScopes();
  const first = inner === null ? null : departAll(inner);
  shared.tearing = tearing;
  shared.departed = departed;
  if (inner !== null) for (let i = inner.length; i-- > 0;) withdraw(inner[i] as Scope, first?.[i] === true);
}

/** Stops the scopes on a list that grows while they are torn down. Answers which of them had not been stopped before. */
function departAll(scopes: Scope[]): boolean[] {
  const first: boolean[] = [];
  for (let i = 0; i < scopes.length; i++) {
    const scope = scopes[i] as Scope;
    first.push(stop(scope, UNSUBSCRIBE));
    tearOne(scope);
  }
  return first;
}

function tearOne(scope: Scope): void {
  shared.tearing = scope;
  extent(scope, null);
}

/** A call, so that the compiler does not conclude from an assignment that it is still null. */
function innerScopes(): Scope[] | null {
  return shared.departed;
}

/** Freezes the exit, where there is none yet, and tells a running acquire. Answers whether it was the first to. */
function stop(scope: Scope, exit: Exit): boolean {
  if (scope.exit !== null) return false;
  scope.exit = exit;
  const cancel = takeCancel(scope);
  if (cancel !== null) {
    // An acquire that may be given up is, before the signal could make it fail: a fallback must not be tried now.
    scope.state = STOPPING;
    extent(scope, cancel);
  } else if (scope.state !== ENTERING) {
    scope.state = STOPPING;
  }
  abort(scope, exit.kind === 'error' ? exit.error : null);
  return true;
}

/** How to give up a running acquire, where that may be; once. */
function takeCancel(scope: Scope): Cancel | null {
  let cancel: Cancel | null = null;
  if (scope.step === PARKED) {
    cancel = scope.token as Cancel;
    scope.step = null;
    scope.token = undefined;
  } else if (scope.more !== null) {
    cancel = scope.more.cancel;
    scope.more.cancel = null;
  }
  return cancel;
}

/** Lets a scope that has been stopped unwind. Only who stopped it may: its body may still be torn down elsewhere. */
function proceed(scope: Scope): void {
  if (scope.state === STOPPING) scope.state = ENDING;
  settle(scope);
}

function withdraw(scope: Scope, stopped: boolean): void {
  if (stopped) proceed(scope);
  if (scope.more !== null && scope.more.leavers !== null) for (const told of [...scope.more.leavers]) told();
  if (scope.state !== GONE) more(scope).background = new Background(scope.link, scope.layer, scope);
}
