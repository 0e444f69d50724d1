import type { SchedulerLike } from 'rxjs';

import { Background } from '../core/engine/background.js';
import { COMPLETE, failed, isNews, UNSUBSCRIBE, type Exit } from '../core/engine/exit.js';
import { Holding } from '../core/engine/holding.js';
import type { Keeper, Node } from '../core/engine/scope.js';
import { over } from '../core/engine/unwind.js';
import { inExtent, rxLayer } from '../core/layer.js';
import { addedTo } from '../core/outcome.js';
import { IdleTimer } from './idle-timer.js';
import type { InstanceOptions, InstanceOwner } from './instance.types.js';
import { Leaving } from './leaving.js';
import type { Used, User } from './user.js';

/**
 * One generation of a shared resource, counted by its users:
 *
 *     entering ──▶ held ◀──▶ idle ──▶ exiting ──▶ gone
 *        │           └──────────────────▲          ▲
 *        ├────(all who waited left)─────┘          │
 *        └────(failed)─────────────────────────────┘
 *
 * It belongs to nobody in particular: it is entered and released in nobody's extent, and each release has one who waits for
 * it, or runs in the background.
 */
export class Instance implements Keeper, Used {
  state: 'entering' | 'held' | 'idle' | 'exiting' | 'gone' = 'entering';
  handle: unknown = undefined;
  /** Those who wait for it and those who use it, in their order. */
  readonly users = new Set<User>();
  readonly generation: number;
  readonly scheduler: SchedulerLike;
  /** Since when it is idle, as of the scheduler. */
  idleSince = 0;
  private readonly holding: Holding;
  private readonly idleTimeout: number;
  /** Made when it is idle for the first time. */
  private timer: IdleTimer | null = null;
  /** Whether it is released as soon as its users have left, for another one has taken its place. */
  private isRetired = false;
  /** What its release is told once the handle has died. */
  private loss: Exit | null = null;

  constructor(
    options: InstanceOptions,
    private readonly owner: InstanceOwner<Instance>,
  ) {
    this.generation = options.generation;
    this.idleTimeout = options.idleTimeout;
    this.scheduler = options.scheduler;
    this.holding = new Holding(options.name, true, null, rxLayer, this);
  }

  get name(): string {
    return this.holding.name;
  }

  /** Whether it is on its way out, so that its successor has to wait. */
  get isEnding(): boolean {
    if (this.state === 'entering') return this.holding.exit !== null; // failed, and unwinding
    return this.state === 'exiting' || (this.loss !== null && this.state !== 'gone');
  }

  open(node: Node): void {
    inExtent(null, () => {
      this.holding.open(node);
    });
  }

  join(user: User): void {
    user.instance = this;
    this.users.add(user);
    if (this.state === 'idle') {
      this.timer?.stop();
      this.state = 'held';
      this.owner.used(this);
    }
    if (this.state === 'held') user.serve();
  }

  /** From the holding: hands it to all who wait. One of them may end it meanwhile. */
  entered(handle: unknown): void {
    this.handle = handle;
    this.state = 'held';
    this.holding.keeper = this;
    this.owner.entered(this);
    inExtent(null, () => {
      for (const user of this.users) user.serve();
    });
  }

  /** From the holding, when it has gone. What was closed answers whoever closed it; else entering has failed. */
  ended(outcome: Exit): void {
    if (this.state !== 'entering') return;
    this.state = 'gone';
    this.owner.ending(this);
    inExtent(null, () => {
      for (const user of this.users) {
        if (outcome.kind === 'error') user.refuse(outcome.error);
        else user.settle();
      }
    });
    this.owner.gone(this);
  }

  /** A user's scope releases it. Answers the outcome; for the last one, that of the release (laws 3 and 9). */
  leave(user: User, exit: Exit): unknown {
    this.users.delete(user);
    return this.users.size > 0 || this.rest() ? exit : new Leaving(this, exit, this.loss);
  }

  /** One who waited has left. The last of them takes the acquire along, and waits for it (law 13). */
  abandon(user: User): void {
    this.users.delete(user);
    if (this.users.size > 0 || !(this.state === 'entering' || this.state === 'held') || this.rest()) return;
    const exit = this.loss ?? UNSUBSCRIBE;
    inExtent(user.scope, () => {
      const background = new Background(null, rxLayer);
      this.close(exit, (outcome) => {
        over(background, isNews(outcome, exit) ? outcome : UNSUBSCRIBE);
      });
    });
  }

  /** The handle has died: so have those who use it (law 29). */
  partLost(error: unknown): void {
    if (this.state !== 'held' && this.state !== 'idle') return;
    this.loss = failed(error);
    this.owner.ending(this);
    if (this.state === 'idle') this.dismiss(this.loss);
    else this.endUsers(error, true);
  }

  /** Ends who waits for it, and who uses it too where `all` are to go. Answers how many. The release follows the last. */
  endUsers(error: unknown, all: boolean): number {
    const before = this.state;
    let ended = 0;
    inExtent(null, () => {
      for (const user of [...this.users]) if ((all || user.state === 'waiting') && user.end(error)) ended++;
    });
    // None of them was using it, or the last one that was went before those who waited.
    if (this.users.size > 0 || this.state !== before) return ended;
    if (before === 'entering') this.dismiss(UNSUBSCRIBE);
    else if (before === 'held') this.dismiss(this.loss ?? COMPLETE);
    return ended;
  }

  /** Another one takes its place: whoever has it keeps it. */
  retire(): void {
    this.isRetired = true;
    if (this.state === 'idle') this.dismiss(COMPLETE);
  }

  /** Begins the idle time anew. */
  touch(): void {
    if (this.state === 'idle') this.rest();
  }

  /** Releases it in the background, waited for by nobody. */
  dismiss(exit: Exit): void {
    inExtent(null, () => {
      const background = new Background(null, rxLayer);
      this.close(exit, (outcome) => {
        for (const failure of addedTo(exit, outcome)) this.owner.failed(this, failure);
        over(background, UNSUBSCRIBE);
      });
    });
  }

  close(exit: Exit, done: (outcome: Exit) => void): void {
    this.timer?.stop();
    this.state = 'exiting';
    this.owner.ending(this);
    inExtent(null, () => {
      this.holding.close(exit, (outcome) => {
        this.state = 'gone';
        done(outcome);
        this.owner.gone(this);
      });
    });
  }

  /** Keeps it for whoever may come, where it is to be kept at all. */
  private rest(): boolean {
    if (this.state === 'entering' || this.isRetired || this.loss !== null || this.idleTimeout === 0) return false;
    this.state = 'idle';
    this.idleSince = this.scheduler.now();
    this.timer ??= new IdleTimer(this.scheduler, () => {
      this.dismiss(COMPLETE);
    });
    this.timer.start(this.idleTimeout);
    this.owner.idle(this);
    return true;
  }
}
