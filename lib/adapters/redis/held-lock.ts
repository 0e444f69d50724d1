import { Observable, type Subscriber, type Subscription } from 'rxjs';

import { monotonicNow } from '../../internal/clock.js';
import { eraseLock } from './erase-lock.js';
import { LockLostError, type LockLostReason } from './errors.js';
import type { Grant } from './lock-attempt.js';
import type { RedisLock } from './lock-handle.js';
import type { LockNode } from './lock-node.js';
import type { LockPlan } from './lock-options.js';
import { persist } from './persist.js';

/**
 * The states of a lock, and its one timer.
 *
 *     held ──> releasing ──> released
 *       └──> lost <──┘ (was not there any more)
 */
export class HeldLock implements RedisLock {
  readonly key: string;
  readonly token: string;
  readonly fencing: number;
  deadline: number;
  state: RedisLock['state'] = 'held';
  private failure: LockLostError | null = null;
  /** What the last renewal failed with. */
  private trouble: unknown;
  private renewAt: number;
  private alarm: Subscription | null = null;
  private renewing: Subscription | null = null;
  private watcher: Subscriber<unknown> | null = null;
  private controller: AbortController | null = null;

  constructor(
    private readonly nodes: readonly LockNode[],
    private readonly plan: LockPlan,
    grant: Grant,
  ) {
    this.key = plan.key;
    this.token = grant.token;
    this.fencing = grant.fencing;
    this.deadline = grant.since + plan.validity;
    this.renewAt = this.renewalAfter(grant.since);
    this.arm();
  }

  get remaining(): number {
    return this.state === 'held' ? Math.max(0, this.deadline - this.now()) : 0;
  }

  get isHeld(): boolean {
    return this.remaining > 0;
  }

  get signal(): AbortSignal {
    if (this.controller === null) {
      this.controller = new AbortController();
      if (this.failure !== null) this.controller.abort(this.failure);
    }
    return this.controller.signal;
  }

  check(): void {
    if (this.isHeld) return;
    if (this.state === 'held') this.lose('expired');
    throw this.failure ?? this.lossOf('released');
  }

  /** Emits when it is lost. */
  lost(): Observable<unknown> {
    return new Observable((watcher) => {
      if (this.failure !== null) watcher.next(this.failure);
      else this.watcher = watcher;
    });
  }

  /**
   * Never fails, and waits no longer than an answer can be worth: what is lost, or cannot be deleted, expires. After a loss nothing is
   * waited for at all.
   */
  async release(): Promise<void> {
    const until = this.now() + Math.min(this.plan.nodeTimeout, this.remaining);
    this.stop();
    if (this.state === 'held') this.state = 'releasing';
    const isOurs = await eraseLock(this.nodes, this.token, this.plan, until);
    if (isOurs !== null) this.state = isOurs ? 'released' : 'lost';
  }

  private arm(): void {
    this.alarm?.unsubscribe();
    const due = Math.min(this.deadline, this.renewAt) - this.now();
    this.alarm = this.plan.scheduler.schedule(
      () => {
        this.ring();
      },
      Math.ceil(Math.max(0, due)),
    );
  }

  private ring(): void {
    const now = this.now();
    if (now >= this.deadline) {
      this.lose('expired');
      return;
    }
    if (now >= this.renewAt) this.renew(now);
    if (this.state === 'held') this.arm();
  }

  /** One at a time: the next one is due when this one is through. */
  private renew(since: number): void {
    this.renewAt = Infinity;
    const ask = (node: LockNode): Promise<boolean> => node.extend(this.token, this.fencing);
    const trouble = (error: unknown): void => {
      this.trouble = error;
    };
    this.renewing = persist(this.nodes, ask, this.plan, trouble).subscribe((isOurs) => {
      if (this.now() >= this.deadline) this.lose('expired');
      else if (!isOurs) this.lose('taken');
      else this.prolong(since);
    });
  }

  private prolong(since: number): void {
    this.trouble = undefined;
    this.deadline = since + this.plan.validity;
    this.renewAt = this.renewalAfter(since);
    this.arm();
  }

  private renewalAfter(since: number): number {
    return this.plan.renew ? since + this.plan.ttl / 3 : Infinity;
  }

  /** The state first: whoever is told finds it so. */
  private lose(reason: LockLostReason): void {
    this.state = 'lost';
    this.failure = this.lossOf(reason);
    this.stop();
    this.controller?.abort(this.failure);
    this.watcher?.next(this.failure);
  }

  private stop(): void {
    this.alarm?.unsubscribe();
    this.renewing?.unsubscribe();
  }

  private lossOf(reason: LockLostReason): LockLostError {
    const cause = this.trouble === undefined ? {} : { cause: this.trouble };
    const { what = 'The lock', name } = this.plan;
    return new LockLostError(`${what} "${this.key}" ${WHY[reason]}`, reason, { resource: name, ...cause });
  }

  private now(): number {
    return monotonicNow(this.plan.scheduler);
  }
}

const WHY: Record<LockLostReason, string> = {
  expired: 'was not renewed in time: no answer came before its ttl was over, or the event loop was blocked.',
  taken: 'is not in Redis any more: it was deleted, or the server has lost its memory.',
  released: 'has been released: its scope has ended.',
};
