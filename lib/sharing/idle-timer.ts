import type { SchedulerLike, Subscription } from 'rxjs';

import { LONGEST_DELAY } from '../internal/clock.js';

/** Rings once, when nobody has come for so long. It asks no clock, so that one that is put back or forward does not matter. */
export class IdleTimer {
  private action: Subscription | null = null;

  constructor(
    private readonly scheduler: SchedulerLike,
    private readonly ring: () => void,
  ) {}

  /** Starts anew. With `Infinity` it never rings. */
  start(due: number): void {
    this.stop();
    if (due === Infinity) return;
    const delay = Math.min(due, LONGEST_DELAY);
    this.action = this.scheduler.schedule(() => {
      this.action = null;
      if (due > delay) this.start(due - delay);
      else this.ring();
    }, delay);
  }

  stop(): void {
    this.action?.unsubscribe();
    this.action = null;
  }
}
