import { afterFailure, COMPLETE, UNSUBSCRIBE, type Exit } from './exit.js';
import type { Releasable, Scope } from './scope.js';
import { isLeft } from './teardown.js';

/** What the answer of a release makes of the outcome (law 8). */
export function apply(scope: Scope, step: Releasable, answer: unknown): void {
  scope.busy = false;
  const outcome = scope.outcome as Exit;
  if (step.mode === 'outcome') scope.outcome = (answer as Exit).kind === 'complete' ? cleared(scope) : (answer as Exit);
  else if (step.mode === 'exit' && answer === true && outcome.kind === 'error') scope.outcome = cleared(scope);
}

/** The outcome once the error is suppressed. Who has left has left: nothing makes a completion of that. */
function cleared(scope: Scope): Exit {
  return isLeft(scope) ? UNSUBSCRIBE : COMPLETE;
}

/** A release of the scope has failed (law 9). */
export function fail(scope: Scope, error: unknown): void {
  scope.busy = false;
  scope.outcome = afterFailure(scope.outcome as Exit, error);
}
