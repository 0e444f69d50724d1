import { LockNotAcquiredError, type LockVote } from './errors.js';
import type { LockPlan } from './lock-options.js';
import { quorumOf } from './quorum.js';

/** Why there is no lock, in words. */
export function notAcquired(plan: LockPlan, votes: readonly LockVote[]): LockNotAcquiredError {
  const { key, name } = plan;
  const failed = votes.find((vote) => vote.kind === 'failed');
  const options = { key, votes, resource: name, ...(failed === undefined ? {} : { cause: failed.error }) };
  return new LockNotAcquiredError(`${outcome(plan, votes)} ${patience(plan)}`, options);
}

/** The same for one who has not come so far as to ask: somebody in this process holds it. */
export function heldHere(plan: LockPlan): LockNotAcquiredError {
  const { key, name } = plan;
  const message = `The lock "${key}" is held, or waited for, by another scope of this process. ${patience(plan)}`;
  return new LockNotAcquiredError(message, { key, votes: [], resource: name });
}

function outcome({ key, ttl }: LockPlan, votes: readonly LockVote[]): string {
  const [vote] = votes;
  if (votes.length === 1 && vote !== undefined) {
    if (vote.kind === 'granted') return `The lock "${key}" was granted too late: its ttl of ${ttl} ms was over.`;
    return `The lock "${key}" ${said(vote)}.`;
  }
  const granted = votes.filter(({ kind }) => kind === 'granted').length;
  const needed = quorumOf(votes.length);
  const each = votes.map((one, index) => `node ${String(index)} ${said(one)}`).join('; ');
  return `The lock "${key}" was granted by ${granted} of ${votes.length} nodes in time, ${needed} are needed: ${each}.`;
}

function said(vote: LockVote): string {
  switch (vote.kind) {
    case 'granted':
      return 'granted it';
    case 'held': {
      const end = vote.remaining === Infinity ? 'and does not expire' : `for another ${vote.remaining} ms or longer`;
      return `is held by ${vote.holder}, ${end}`;
    }
    case 'failed':
      return `failed: ${wordsOf(vote.error).replace(/\.$/, '')}`;
    case 'silent':
      return 'got no answer';
  }
}

function wordsOf(error: unknown): string {
  return String((error as { readonly message?: unknown } | null | undefined)?.message ?? error);
}

function patience({ acquireTimeout }: LockPlan): string {
  if (acquireTimeout === Infinity) return 'Failures are not waited out: pipe retryAcquire() to try again.';
  if (acquireTimeout === 0) return 'It was asked for once, as acquireTimeout is 0.';
  return `It was waited for ${acquireTimeout} ms, its acquireTimeout.`;
}
