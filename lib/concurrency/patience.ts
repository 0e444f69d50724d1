import { Alarm } from './alarm.js';
import type { Line } from './line.js';
import type { PoolSettings } from './pool-options.js';
import type { Waiting } from './waiting.js';

/** How long each in a line waits: one timer for all of them. */
export class Patience {
  private readonly alarm: Alarm;

  /** `giveUp` is told of each whose time is over; it is in the line still. */
  constructor(
    private readonly settings: PoolSettings<never>,
    private readonly line: Line,
    private readonly giveUp: (waiting: Waiting, ms: number) => void,
  ) {
    this.alarm = new Alarm(
      settings.scheduler,
      () => {
        this.ring();
      },
      true,
    );
  }

  watch(waiting: Waiting, timeout: number): void {
    waiting.deadline = waiting.arrived + timeout;
    if (timeout === Infinity) return;
    this.alarm.need(true);
    this.alarm.set(waiting.deadline);
  }

  /** The timer of an empty line keeps no process alive. Stopping it would cost more than leaving it. */
  left(): void {
    if (this.line.length === 0 && this.settings.unref) this.alarm.need(false);
  }

  stop(): void {
    this.alarm.clear();
  }

  private ring(): void {
    const now = this.settings.scheduler.now();
    let next = Infinity;
    for (const waiting of this.line.all()) {
      if (waiting.row === null) continue; // left because of one before
      if (waiting.deadline <= now) this.giveUp(waiting, waiting.deadline - waiting.arrived);
      else next = Math.min(next, waiting.deadline);
    }
    if (next !== Infinity) this.alarm.set(next);
  }
}
