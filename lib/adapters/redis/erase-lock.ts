import { lastValueFrom, takeUntil, timer } from 'rxjs';

import { monotonicNow } from '../../internal/clock.js';
import type { LockNode } from './lock-node.js';
import type { LockPlan } from './lock-options.js';
import { persist } from './persist.js';
import { agreed, quorumOf } from './quorum.js';

/**
 * Has every node delete a lock, and answers whether most of them still had it; null where too few have answered until then. Where
 * no time is left it only asks: what is lost expires. Never rejects.
 */
export async function eraseLock(
  nodes: readonly LockNode[],
  token: string,
  plan: LockPlan,
  until: number,
): Promise<boolean | null> {
  const { scheduler } = plan;
  const left = (): number => until - monotonicNow(scheduler);
  const quorum = quorumOf(nodes.length);
  let erased = 0;
  const answers = nodes.map(async (node) => {
    if (await node.release(token, true)) erased++;
    return true;
  });
  const limit = left();
  const answered = agreed(answers, quorum, { limit: Math.max(0, limit), scheduler });
  if (limit <= 0) return null;
  if (await answered) return erased >= quorum;
  if (left() <= 0) return null;
  // A connection has broken meanwhile: what was sent over it may or may not have been done.
  const again = persist(nodes, (node) => node.release(token, true), plan, nothing);
  return lastValueFrom(again.pipe(takeUntil(timer(left(), scheduler))), { defaultValue: null });
}

function nothing(): void {
  // tried again for as long as there is time
}
