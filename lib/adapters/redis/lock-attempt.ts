import { monotonicNow } from '../../internal/clock.js';
import type { LockVote } from './errors.js';
import { tokenOf, type LockNode } from './lock-node.js';
import type { LockPlan } from './lock-options.js';
import { agreed, quorumOf, type Patience } from './quorum.js';

/** A lock that was granted. */
export interface Grant {
  readonly token: string;
  readonly fencing: number;
  /** When it was asked for. */
  readonly since: number;
}

/** One attempt to take a lock: asks every node once. */
export class LockAttempt {
  /** What each node has said so far. */
  readonly votes: LockVote[];
  private readonly token: string;
  private readonly quorum: number;
  /** Those that were not asked, because they have not answered the last time yet. */
  private skipped: Set<LockNode> | null = null;
  private isOver = false;

  constructor(
    private readonly nodes: readonly LockNode[],
    private readonly plan: LockPlan,
    acquisition: string,
    attempt: number,
  ) {
    this.votes = nodes.map(() => ({ kind: 'silent' }));
    this.token = tokenOf(acquisition, attempt, plan.owner);
    this.quorum = quorumOf(nodes.length);
  }

  /** Null where it was not granted, or too late. Nothing of it is left then, as far as nodes answer. */
  async run(patience: Patience): Promise<Grant | null> {
    const { plan, token, quorum } = this;
    const since = monotonicNow(plan.scheduler);
    const votes = this.nodes.map((node, index) => this.ask(node, index, patience));
    const isGranted = await agreed(votes, quorum, patience);
    const fencing = isGranted ? await this.agreeOnNumber(patience) : null;
    this.isOver = true;
    const isInTime = monotonicNow(plan.scheduler) - since < plan.validity;
    if (fencing !== null && isInTime) return { token, fencing, since };
    await this.undo(patience.context?.signal.aborted === true);
    return null;
  }

  private async ask(node: LockNode, index: number, { context }: Patience): Promise<boolean> {
    const isWanted = (): boolean => !this.isOver && context?.signal.aborted !== true;
    const vote = await node.vote(this.token, isWanted);
    this.votes[index] = vote;
    if (vote.kind === 'silent') (this.skipped ??= new Set()).add(node);
    return vote.kind === 'granted';
  }

  /**
   * The highest number that a node gave. A later holder has to be given a higher one by at least one of its nodes, so most of those
   * that granted have to know it, while they hold this lock, before it is used: not only the one that gave it.
   */
  private async agreeOnNumber(patience: Patience): Promise<number | null> {
    const given = this.votes.map((vote) => (vote.kind === 'granted' ? vote.fencing : 0));
    const highest = Math.max(...given);
    const raised: Promise<boolean>[] = [];
    given.forEach((number, index) => {
      if (number > 0 && number < highest) raised.push((this.nodes[index] as LockNode).extend(this.token, highest));
    });
    const missing = this.quorum - given.filter((number) => number === highest).length;
    return (await agreed(raised, missing, patience)) ? highest : null;
  }

  /**
   * Also at those that did not answer: what they were asked may still arrive there, and this after it. They are waited for
   * only where nothing else comes after this.
   */
  private async undo(isLast: boolean): Promise<void> {
    const { plan, votes, token, skipped } = this;
    const released: Promise<boolean>[] = [];
    this.nodes.forEach((node, index) => {
      const kind = votes[index]?.kind;
      if (kind === 'held' || skipped?.has(node) === true) return;
      const answer = node.release(token, false).then(yes, no);
      if (isLast || kind !== 'silent') released.push(answer);
    });
    await agreed(released, released.length, { limit: plan.nodeTimeout, scheduler: plan.scheduler });
  }
}

function yes(): boolean {
  return true;
}

function no(): boolean {
  return false;
}
