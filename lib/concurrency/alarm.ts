import type { SchedulerLike, Subscription } from 'rxjs';

import { LONGEST_DELAY } from '../internal/clock.js';

/**
 * One timer for everything that is due at some time: rings at the earliest time it was set to, or sooner; who is rung sets it
 * anew. So a thousand deadlines cost one timer.
 */
export class Alarm {
  private due = Infinity;
  private action: Subscription | null = null;

  /** `isNeeded`: whether it keeps a Node process alive. */
  constructor(
    private readonly scheduler: SchedulerLike,
    private readonly ring: () => void,
    private isNeeded: boolean,
  ) {}

  /** Rings at `due` at the latest. */
  set(due: number): void {
    if (due >= this.due) return;
    this.clear();
    this.due = due;
    const delay = Math.min(Math.max(0, due - this.scheduler.now()), LONGEST_DELAY);
    this.action = this.scheduler.schedule(() => {
      this.due = Infinity;
      this.action = null;
      this.ring();
    }, delay);
    if (!this.isNeeded) this.mark();
  }

  get isSet(): boolean {
    return this.due !== Infinity;
  }

  clear(): void {
    this.due = Infinity;
    this.action?.unsubscribe();
    this.action = null;
  }

  /** Whether it keeps a Node process alive from now on. */
  need(isNeeded: boolean): void {
    if (this.isNeeded === isNeeded) return;
    this.isNeeded = isNeeded;
    this.mark();
  }

  /** RxJS's actions hold what the timer function answered; only Node's has these methods. */
  private mark(): void {
    const timer = (this.action as { readonly id?: { ref?(): void; unref?(): void } | number } | null)?.id;
    if (typeof timer !== 'object') return;
    if (this.isNeeded) timer.ref?.();
    else timer.unref?.();
  }
}
