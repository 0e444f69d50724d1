import type { ExpectedExit } from '../../index.js';
import type { MatcherContext, MatcherResult } from '../matcher.types.js';
import { isProbe, wrongExpected, wrongReceived } from '../received.js';
import { describeScopes } from '../scopes.js';

const MATCHER = 'toHaveExited';
const KINDS: readonly ExpectedExit[] = ['complete', 'error', 'unsubscribe'];

export function toHaveExited(
  this: MatcherContext,
  received: unknown,
  kind: 'complete' | 'error' | 'unsubscribe',
  ...error: [error?: unknown]
): MatcherResult {
  if (!isProbe(received)) throw wrongReceived(this, MATCHER, 'a probe', received);
  if (!KINDS.includes(kind)) throw wrongExpected(this, MATCHER, `'complete', 'error' or 'unsubscribe'`, kind);
  if (error.length > 0 && kind !== 'error') throw wrongExpected(this, MATCHER, `'error' where an error is given`, kind);
  const { utils, isNot = false, promise = '' } = this;
  const { name, scopes } = received;
  const pass = scopes.some(({ exit }) => {
    if (exit?.kind !== kind) return false;
    return exit.kind !== 'error' || error.length === 0 || this.equals(exit.error, error[0]);
  });
  const options = { isNot, promise, ...(error.length > 0 ? { secondArgument: 'error' } : {}) };
  const withError = error.length > 0 ? ` with ${utils.printExpected(error[0])}` : '';
  return {
    pass,
    message: () =>
      [
        utils.matcherHint(MATCHER, 'probe', 'kind', options),
        '',
        `Expected exit: ${isNot ? 'not ' : ''}${utils.printExpected(kind)}${withError}`,
        '',
        `Scopes of "${name}":`,
        describeScopes(this, scopes),
      ].join('\n'),
  };
}
