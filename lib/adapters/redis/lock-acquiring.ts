import { randomUUID } from 'node:crypto';

import type { AcquireContext } from '../../core/index.js';
import { monotonicNow } from '../../internal/clock.js';
import { LockAttempt, type Grant } from './lock-attempt.js';
import type { LockNames } from './lock-names.js';
import type { LockNode } from './lock-node.js';
import type { LockPlan } from './lock-options.js';
import { notAcquired } from './not-acquired.js';
import { quorumOf, type Patience } from './quorum.js';
import type { LockVote } from './errors.js';
import { Wakeups } from './wakeups.js';

/** The first wait, where nobody says how long it takes. Each one after that is twice as long. */
const FIRST_WAIT = 20;

/** Takes a lock, however often it has to ask. `due`: until when. */
export async function acquireLock(
  nodes: readonly LockNode[],
  names: LockNames,
  plan: LockPlan,
  due: number,
  context: AcquireContext,
): Promise<Grant> {
  const { scheduler } = plan;
  const acquisition = randomUUID();
  let wakeups: Wakeups | null = null;
  try {
    for (let attempt = 1, waits = 0; ; attempt++, waits++) {
      const patience = patienceOf(nodes.length, plan, due, context);
      const trial = new LockAttempt(nodes, plan, acquisition, attempt);
      const grant = await trial.run(patience);
      if (grant !== null) return grant;
      context.signal.throwIfAborted();
      const left = (): number => due - monotonicNow(scheduler);
      if (left() <= 0 || isHopeless(trial.votes)) throw notAcquired(plan, trial.votes);
      wakeups ??= new Wakeups(
        nodes.map(({ port }) => port),
        names.channel,
        scheduler,
      );
      const wasWoken = await wakeups.next(Math.min(left(), waitFor(trial.votes, waits, plan)), context.signal);
      context.signal.throwIfAborted();
      if (left() <= 0) throw notAcquired(plan, trial.votes);
      if (wasWoken) waits = -1;
    }
  } finally {
    wakeups?.close();
  }
}

/** One node is waited for as long as there is time, since nobody else can answer; one that does not have to is not waited for long. */
function patienceOf(nodes: number, plan: LockPlan, due: number, context: AcquireContext): Patience {
  const { scheduler, nodeTimeout, acquireTimeout } = plan;
  if (acquireTimeout === 0) return { limit: nodeTimeout, scheduler, context };
  const left = due === Infinity ? Infinity : Math.max(0, due - monotonicNow(scheduler));
  return { limit: nodes === 1 ? left : Math.min(nodeTimeout, left), scheduler, context };
}

/** Failures do not go away by waiting; whoever thinks they do pipes `retryAcquire`. */
function isHopeless(votes: readonly LockVote[]): boolean {
  const failed = votes.filter(({ kind }) => kind === 'failed').length;
  return votes.length - failed < quorumOf(votes.length);
}

/** Not longer than until it expires, if the holder is gone; not all at the same moment. */
function waitFor(votes: readonly LockVote[], waits: number, { pollInterval }: LockPlan): number {
  const wait = Math.min(pollInterval, FIRST_WAIT * 2 ** Math.min(waits, 20)) * (0.5 + Math.random() / 2);
  const remaining = votes.map((vote) => (vote.kind === 'held' ? vote.remaining : Infinity));
  return Math.min(wait, Math.min(...remaining) + 1 + Math.random() * 4);
}
