import { matchCount } from '../counted.js';
import type { MatcherContext, MatcherResult } from '../matcher.types.js';
import { isAcquired } from '../scopes.js';

export function toHaveAcquired(this: MatcherContext, received: unknown, times?: number): MatcherResult {
  return matchCount(this, { matcher: 'toHaveAcquired', what: 'acquires', counts: isAcquired }, received, times);
}
