import { Alarm } from './alarm.js';
import type { Line } from './line.js';
import type { PoolSettings } from './pool-options.js';
import type { Waiting } from './waiting.js';

/** How long each in a line waits: one timer for all of them. */
export class Patience {
  private readonly alarm: Alarm;

  /** `giveUp` is told of each whose time is over; it is in the line still. `gaveUp`: that there were some. */
  constructor(
    private readonly settings: PoolSettings<never>,
    private readonly line: Line,
    private readonly giveUp: (waiting: Waiting, ms: number) => void,
    private readonly gaveUp: () => void,
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
    const all = this.line.all();
    const due = all.filter(({ deadline }) => deadline <= now);
    for (const waiting of due) {
      if (waiting.row !== null) this.giveUp(waiting, waiting.deadline - waiting.arrived); // else left because of one before
    }
    for (const { row, deadline } of all) if (row !== null && deadline !== Infinity) this.alarm.set(deadline);
    if (due.length > 0) this.gaveUp();
  }
}
