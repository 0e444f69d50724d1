import { Alarm } from './alarm.js';
import type { Line } from './line.js';
import type { PoolSettings } from './pool-options.js';
import type { Waiting } from './waiting.js';

/** How long each in a line waits: one timer for all of them. */
export class Patience {
  private readonly alarm: Alarm;
  /** Of those who wait. What the alarm is set to is no later than what any of them needs. */
  private shortest = Infinity;

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
    waiting.timeout = timeout;
    if (timeout === Infinity) return;
    this.alarm.need(true);
    if (timeout >= this.shortest && this.alarm.isSet) return; // rings before this one's time is over
    this.expect(waiting, this.settings.scheduler.now());
  }

  /** The timer of an empty line keeps no process alive. Stopping it would cost more than leaving it. */
  left(): void {
    if (this.line.length === 0 && this.settings.unref) this.alarm.need(false);
  }

  stop(): void {
    this.alarm.clear();
  }

  private expect(waiting: Waiting, now: number): void {
    this.shortest = Math.min(this.shortest, waiting.timeout);
    this.alarm.set(waiting.startedAt(now) + waiting.timeout);
  }

  private ring(): void {
    const now = this.settings.scheduler.now();
    const all = this.line.all();
    const due = all.filter((waiting) => waiting.startedAt(now) + waiting.timeout <= now);
    this.shortest = Infinity;
    for (const waiting of due) {
      if (waiting.row !== null) this.giveUp(waiting, waiting.timeout); // else left because of one before
    }
    for (const waiting of all) if (waiting.row !== null) this.expect(waiting, now);
    if (due.length > 0) this.gaveUp();
  }
}
