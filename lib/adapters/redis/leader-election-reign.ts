import { catchError, defer, EMPTY, first, from, NEVER, repeat, timer, type Observable } from 'rxjs';

import { ResourceLostError } from '../../core/index.js';
import { monotonicNow } from '../../internal/clock.js';
import type { ElectionPlan, LeaseTiming } from './leader-election-options.js';
import { leaseTiming } from './leader-election-options.js';
import type { LeaderLease } from './leader-election-port.js';

/** Leading, as the work is told of it. */
export interface Leadership {
  /** The number of the term: higher than that of every leader before. Send it along with what is written. */
  readonly term: number;
  /** Who leads: this candidate. */
  readonly self: string;
  /** Aborts when the work has to stop; the lease is still held then, and renewed until the work has stopped. */
  readonly signal: AbortSignal;
  /** Aborts when the lease is gone, whatever is under way: cleanup has to break off too. */
  readonly lost: AbortSignal;
  /** Whether it leads at this moment. */
  readonly isLeading: boolean;
  /** Throws a `ResourceLostError` where it does not: for the line before what only the leader may do. */
  check(): void;
}

/** One time of leading. */
export class Reign implements Leadership {
  readonly self: string;
  readonly lost: AbortSignal;
  /** `null` where the lease lasts as long as a session does. */
  readonly timing: LeaseTiming | null;
  /** Work that is a promise: it cannot be unsubscribed, and has to settle before the lease may go. */
  running: PromiseLike<unknown> | null = null;
  private readonly controller = new AbortController();

  constructor(
    private readonly lease: LeaderLease,
    readonly term: number,
    private readonly plan: ElectionPlan,
  ) {
    this.self = plan.self;
    this.lost = lease.signal;
    this.timing = lease.deadline === undefined ? null : leaseTiming(plan.timing, this.remaining());
  }

  get signal(): AbortSignal {
    return this.controller.signal;
  }

  get isLeading(): boolean {
    return this.lease.isHeld;
  }

  check(): void {
    if (this.isLeading) return;
    throw this.failure(`${this.self} does not lead any more: term ${String(this.term)} is over.`, this.lost.reason);
  }

  /** How long ago the lease was renewed, at the latest. */
  sinceRenewal(): number {
    return this.timing === null ? 0 : Math.max(0, this.timing.lease - this.remaining());
  }

  /** Emits when so much of the lease has gone by without a renewal that the work has to stop. */
  overdue(): Observable<unknown> {
    const { timing, plan } = this;
    if (timing === null) return NEVER;
    const left = (): number => timing.renewDeadline - this.sinceRenewal();
    const look = defer(() => timer(left(), plan.scheduler));
    return look.pipe(
      repeat(),
      first(() => left() <= 0),
    );
  }

  /** Tells the work to stop. */
  stop(): void {
    this.controller.abort(this.failure(`the work of ${this.self} has to stop.`));
  }

  /** Until work that cannot be unsubscribed has stopped. Fails where that does, unless it only says that it was told to. */
  stopped(): Observable<unknown> {
    if (this.running === null) return EMPTY;
    return from(this.running).pipe(
      catchError((error: unknown) => {
        if (!isCausedBy(error, [this.signal, this.lost])) throw error;
        return EMPTY;
      }),
    );
  }

  private remaining(): number {
    return (this.lease.deadline ?? Infinity) - monotonicNow(this.plan.scheduler);
  }

  private failure(text: string, cause?: unknown): ResourceLostError {
    const { name } = this.plan;
    return new ResourceLostError(`"${name}": ${text}`, { resource: name, ...(cause === undefined ? {} : { cause }) });
  }
}

/** Whether it is the reason of a signal, or was caused by one. */
function isCausedBy(error: unknown, signals: readonly AbortSignal[]): boolean {
  const reasons = signals.map(({ reason }) => reason as unknown);
  for (let link = error, depth = 0; typeof link === 'object' && link !== null && depth < 16; depth++) {
    if (reasons.includes(link)) return true;
    link = (link as { readonly cause?: unknown }).cause;
  }
  return false;
}
