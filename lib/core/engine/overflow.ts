import { failed } from './exit.js';
import { ENDING, ENTERING, EXITING, type Scope } from './scope.js';
import { shared } from './shared.js';
import { end } from './ending.js';
import { settle } from './unwind.js';

/** Whether an error says that the stack has run out, in V8's, Safari's or Firefox's words. */
export function exhausted(error: unknown): boolean {
  if (typeof error !== 'object' || error === null) return false;
  const { name, message } = error as { name?: unknown; message?: unknown };
  return (
    (name === 'RangeError' &&
      (message === 'Maximum call stack size exceeded' || message === 'Maximum call stack size exceeded.')) ||
    (name === 'InternalError' && message === 'too much recursion')
  );
}

/**
 * Remembers that the stack has run out. Nothing is released where that is found: a release needs stack too. The
 * scopes in question stay `busy` until the outermost one on the stack {@link sweep}s them up (law 6).
 */
export function note(error: unknown): void {
  shared.overflow ??= { error };
}

/** Ends all scopes that were entered inside `outermost` and are still busy, innermost first, then that one. */
export function sweep(outermost: Scope): void {
  const error = shared.overflow?.error;
  shared.overflow = null;
  const stranded: Scope[] = [];
  for (let scope = shared.newest; scope !== null; scope = scope.older) {
    if (scope.busy && scope.state < EXITING) stranded.push(scope as Scope);
    if (scope === outermost) break;
  }
  for (const scope of stranded) {
    scope.busy = false;
    if (scope.exit === null) {
      end(scope, failed(error));
    } else {
      if (scope.state === ENTERING) scope.state = ENDING;
      settle(scope);
    }
  }
}
