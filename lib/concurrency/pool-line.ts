import { asyncScheduler } from 'rxjs';

import type { Scope } from '../core/engine/scope.js';
import { inExtent } from '../core/layer.js';
import { claimsAround } from './held-around.js';
import { Line } from './line.js';
import { Patience } from './patience.js';
import type { PoolHolder, PoolStats } from './pool-events.js';
import type { PoolSettings } from './pool-options.js';
import { closedError, timeoutError } from './pool-words.js';
import type { Tally } from './tally.js';
import { type Desk, Waiting } from './waiting.js';

/** What those who wait are told about the pool, and who goes on when one has gone. */
export interface LineOwner {
  readonly name: string;
  readonly stats: PoolStats;
  readonly holders: readonly PoolHolder[];
  readonly maker: { timedOut(): void };
  proceed(): void;
}

/** Those who wait for a handle, each for a while, and how it ends for them. */
export class PoolLine implements Desk {
  private readonly line: Line;
  private readonly patience: Patience;
  private readonly hasClock: boolean;

  constructor(
    private readonly settings: PoolSettings<never>,
    private readonly tally: Tally,
    private readonly owner: LineOwner,
  ) {
    this.line = new Line(settings.aging, () => settings.scheduler.now());
    this.hasClock = settings.scheduler !== asyncScheduler;
    this.patience = new Patience(settings, this.line, this.giveUp, () => {
      owner.maker.timedOut();
      owner.proceed(); // only now: nothing is to be made for one who gives up next
    });
  }

  get length(): number {
    return this.line.length;
  }

  first(): Waiting | null {
    return this.line.first();
  }

  all(): Waiting[] {
    return this.line.all();
  }

  join(scope: Scope | null, priority: number, timeout: number): Waiting {
    const waiting = new Waiting(this, scope, 1, priority);
    // A scope that begins to wait as it is opened has the age of that.
    if (scope === null || scope.since !== -1 || this.hasClock) waiting.arrived = this.settings.scheduler.now();
    this.line.join(waiting);
    this.patience.watch(waiting, timeout);
    return waiting;
  }

  /** It is its turn. */
  leave(waiting: Waiting): void {
    this.line.leave(waiting);
    this.patience.left();
  }

  /** Its consumer has left. */
  left(waiting: Waiting): void {
    this.leave(waiting);
    this.tally.left++;
    this.tell(waiting, null);
    this.owner.proceed();
  }

  refuse(waiting: Waiting, error: unknown): void {
    if (waiting.row === null) return; // it has left meanwhile
    this.leave(waiting);
    this.tally.refused++;
    this.tell(waiting, error);
    waiting.refuse(error);
  }

  /** The pool is closed. What those who are told do then is not a part of closing it. */
  stop(): void {
    this.patience.stop();
    inExtent(null, () => {
      for (const waiting of this.all()) this.refuse(waiting, closedError(this.settings.name));
    });
  }

  private readonly giveUp = (waiting: Waiting, ms: number): void => {
    const { name, stats, holders } = this.owner;
    const nested = waiting.scope === null ? 0 : claimsAround(waiting.scope, this.owner).length;
    const error = timeoutError(name, ms, stats, holders, nested);
    this.leave(waiting);
    this.tally.timedOut++;
    this.tell(waiting, error);
    waiting.refuse(error);
  };

  private tell(waiting: Waiting, error: unknown): void {
    if (!this.tally.isHeard) return;
    const now = this.settings.scheduler.now();
    this.tally.tell({ type: 'gave-up', waited: now - waiting.startedAt(now), error });
  }
}
