import type { AcquireContext } from '../../core/index.js';
import { monotonicNow } from '../../internal/clock.js';
import type { Grant } from './lock-attempt.js';
import { agreed, type Patience } from './quorum.js';
import { noneFree, noPermit, type PermitNotAcquiredError } from './redis-semaphore-errors.js';
import type { PermitNode, PermitVote } from './redis-semaphore-node.js';
import type { SemaphorePlan } from './redis-semaphore-options.js';
import type { Wakeups } from './wakeups.js';

/** The first wait, where nobody says how long it takes. Each one after that is twice as long. */
const FIRST_WAIT = 20;

type Full = PermitVote & { readonly kind: 'full' };

/** One who wants a permit, from the first question to the answer. */
export class PermitRequest {
  /** What the server has answered last. */
  private vote: PermitVote | null = null;
  /** What the server or the connection has failed with. */
  private trouble: { readonly cause: unknown } | null = null;
  private isOver = false;

  constructor(
    private readonly node: PermitNode,
    private readonly plan: SemaphorePlan,
    private readonly token: string,
    /** Until when it waits. */
    private readonly due: number,
    private readonly context: AcquireContext,
  ) {}

  /** Takes a permit, however often it has to ask. What is granted to one who has left goes back (D8). */
  async run(wakeups: Wakeups): Promise<Grant> {
    try {
      return await this.ask(wakeups);
    } catch (error) {
      this.isOver = true;
      const { nodeTimeout: limit, scheduler } = this.plan;
      const left = this.node.leave().then(yes, yes);
      await agreed([left], 1, { limit, scheduler });
      throw error;
    } finally {
      wakeups.close();
    }
  }

  private async ask(wakeups: Wakeups): Promise<Grant> {
    const { context, plan, token } = this;
    for (let waits = 0; ; waits++) {
      const since = this.now();
      const vote = await this.answer();
      const isInTime = this.now() - since < plan.validity;
      if (vote.kind === 'granted' && isInTime) return { token, fencing: vote.fencing, since };
      if (vote.kind === 'full') {
        if (this.left <= 0) throw this.refusal();
        if (await wakeups.next(Math.min(this.left, this.waitFor(vote, waits, wakeups)), context.signal)) waits = -1;
      }
      context.signal.throwIfAborted();
      if (this.left <= 0) throw this.refusal();
    }
  }

  /** A failure does not go away by waiting; whoever thinks it does pipes `retryAcquire`. */
  private async answer(): Promise<PermitVote> {
    const { plan, node } = this;
    const isWanted = (): boolean => !this.isOver && !this.context.signal.aborted;
    const asked = node.take(plan.acquireTimeout === 0 ? 0 : plan.pollInterval * 3, isWanted);
    this.forget();
    const answered = asked.then(
      (vote) => {
        this.vote = vote;
        return true;
      },
      (cause: unknown) => {
        this.trouble = { cause };
        return false;
      },
    );
    await agreed([answered], 1, this.patience);
    if (this.vote === null) {
      this.context.signal.throwIfAborted();
      throw this.failure();
    }
    return this.vote;
  }

  private forget(): void {
    this.vote = null;
  }

  private get patience(): Patience {
    const { scheduler, nodeTimeout, acquireTimeout } = this.plan;
    return { limit: acquireTimeout === 0 ? nodeTimeout : Math.max(0, this.left), scheduler, context: this.context };
  }

  private get left(): number {
    return this.due - this.now();
  }

  /**
   * Not longer than until something expires; not all at the same moment. One who will be called, and not as the next, asks only to
   * keep its place.
   */
  private waitFor({ ahead, wait: expiry }: Full, waits: number, { canHear }: Wakeups): number {
    const { permits, pollInterval } = this.plan;
    const growing = canHear && ahead >= permits ? pollInterval : FIRST_WAIT * 2 ** Math.min(waits, 20);
    const wait = Math.min(pollInterval, growing) * (0.5 + Math.random() / 2);
    return Math.min(wait, expiry + 1 + Math.random() * 4);
  }

  private now(): number {
    return monotonicNow(this.plan.scheduler);
  }

  private failure(): PermitNotAcquiredError {
    const { trouble } = this;
    if (trouble === null) return this.error('did not answer in time', {});
    return this.error(`failed: ${wordsOf(trouble.cause)}`, trouble);
  }

  private refusal(): PermitNotAcquiredError {
    const { vote } = this;
    return vote?.kind === 'full' ? noneFree(this.plan, vote) : this.error('granted a permit too late', {});
  }

  private error(what: string, cause: { readonly cause?: unknown }): PermitNotAcquiredError {
    return noPermit(this.plan, what, this.vote?.kind === 'full' ? this.vote : {}, cause);
  }
}

function wordsOf(error: unknown): string {
  return String((error as { readonly message?: unknown } | null | undefined)?.message ?? error).replace(/\.$/, '');
}

function yes(): boolean {
  return true;
}
