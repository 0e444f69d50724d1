import { COMPLETE, failed, UNSUBSCRIBE, type Exit } from '../../../lib/core/engine/exit.js';
import { apply, fail } from '../../../lib/core/engine/outcome.js';
import type { ReleaseMode, Scope } from '../../../lib/core/engine/scope.js';

const error = failed('of the body');

/** A scope that releases, with this outcome so far. */
function scopeWith(outcome: Exit, exit = outcome): Scope {
  return { busy: true, outcome, exit, whole: null } as unknown as Scope;
}

function outcomeOf(before: Exit, mode: ReleaseMode, answer: unknown, exit = before): Exit | null {
  const scope = scopeWith(before, exit);
  apply(scope, { mode, release: () => undefined }, answer);
  expect(scope.busy).toBe(false);
  return scope.outcome;
}

describe('the outcome after a release', () => {
  it.each<[string, Exit, ReleaseMode, unknown, Exit]>([
    ['a plain release changes nothing', error, 'release', true, error],
    ['an exit that answers true suppresses', error, 'exit', true, COMPLETE],
    ['an exit that answers anything else does not', error, 'exit', 1, error],
    ['a completion stays one', COMPLETE, 'exit', true, COMPLETE],
    ['leaving stays that', UNSUBSCRIBE, 'exit', true, UNSUBSCRIBE],
    ['an outcome is what it says', COMPLETE, 'outcome', error, error],
    ['an outcome may suppress', error, 'outcome', COMPLETE, COMPLETE],
  ])('%s', (_, before, mode, answer, after) => {
    expect(outcomeOf(before, mode, answer)).toEqual(after);
  });

  it('is no completion where the consumer has left (law 8)', () => {
    expect(outcomeOf(error, 'exit', true, UNSUBSCRIBE)).toEqual(UNSUBSCRIBE);
    expect(outcomeOf(error, 'outcome', COMPLETE, UNSUBSCRIBE)).toEqual(UNSUBSCRIBE);
  });

  it('is the failure of a release that fails, on top of what was before (law 9)', () => {
    const first = new Error('of the body');
    const scope = scopeWith(failed(first));
    fail(scope, new Error('of the release', { cause: first }));
    expect(scope).toMatchObject({ busy: false, outcome: { kind: 'error', error: { message: 'of the release' } } });
    fail(scope, 'another');
    expect(scope.outcome).toMatchObject({ error: { name: 'SuppressedError', error: 'another' } });
  });
});
