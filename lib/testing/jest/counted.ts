import type { ProbedScope } from '../index.js';
import type { MatcherContext, MatcherResult } from './matcher.types.js';
import { isProbe, wrongExpected, wrongReceived } from './received.js';
import { describeScopes } from './scopes.js';

/** What is counted, and by which matcher. */
export interface Counted {
  readonly matcher: string;
  /** As in "number of releases". */
  readonly what: string;
  readonly counts: (scope: ProbedScope<unknown>) => boolean;
}

/** Whether something has happened to the scopes of a probe at least once, or exactly so many times. */
export function matchCount(
  context: MatcherContext,
  { matcher, what, counts }: Counted,
  received: unknown,
  times: number | undefined,
): MatcherResult {
  if (!isProbe(received)) throw wrongReceived(context, matcher, 'a probe', received);
  if (times !== undefined && !(Number.isInteger(times) && times >= 0)) {
    throw wrongExpected(context, matcher, 'a number of times, 0 or more', times);
  }
  const { utils, isNot = false, promise = '' } = context;
  const { name, scopes } = received;
  const count = scopes.filter(counts).length;
  const wanted = times === undefined ? (isNot ? '' : '>= ') : isNot ? 'not ' : '';
  const number = times ?? (isNot ? 0 : 1);
  return {
    pass: times === undefined ? count > 0 : count === times,
    message: () =>
      [
        utils.matcherHint(matcher, 'probe', times === undefined ? '' : 'times', { isNot, promise }),
        '',
        `Expected number of ${what}: ${wanted}${utils.printExpected(number)}`,
        `Received number of ${what}: ${utils.printReceived(count)}`,
        '',
        `Scopes of "${name}":`,
        describeScopes(context, scopes),
      ].join('\n'),
  };
}
