import { matchCount } from '../counted.js';
import type { MatcherContext, MatcherResult } from '../matcher.types.js';
import { stageOf } from '../scopes.js';

export function toHaveReleased(this: MatcherContext, received: unknown, times?: number): MatcherResult {
  const releases = {
    matcher: 'toHaveReleased',
    what: 'releases',
    counts: (scope: Parameters<typeof stageOf>[0]) => stageOf(scope) === 'released',
  };
  return matchCount(this, releases, received, times);
}
