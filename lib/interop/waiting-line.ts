import { Observable, timer, type SchedulerLike, type Subscriber, type Subscription } from 'rxjs';

/** Timers take no more than this; a longer wait is several of them. */
const LONGEST_TIMER = 2 ** 31 - 1;

interface Waiter {
  readonly ticket: number;
  readonly subscriber: Subscriber<void>;
}

/**
 * Those who wait for one moment, in the order of their tickets. All of them share one timer: timers of their own that
 * are due at one time would not have to fire in order.
 *
 *                closeUntil                    `until` has come
 *     open  ------------------>  closed  ------------------------>  open
 *       \                          \
 *        `------ closeUntil -------> `-->  out of reach (the wait is longer than `maxWait`: lets everybody pass)
 */
export class WaitingLine {
  /** When it opens, in milliseconds on the scheduler's clock. */
  until = -Infinity;
  private readonly waiters: Waiter[] = []; // by ticket
  /** Runs while somebody waits. */
  private timer: Subscription | null = null;

  constructor(
    private readonly maxWait: number,
    private readonly scheduler: SchedulerLike,
  ) {}

  get length(): number {
    return this.waiters.length;
  }

  get state(): 'open' | 'closed' | 'out of reach' {
    const wait = this.wait();
    if (wait <= 0) return 'open';
    return wait <= this.maxWait ? 'closed' : 'out of reach';
  }

  /** Never opens it earlier than was said before. */
  closeUntil(time: number): void {
    this.until = Math.max(this.until, time);
    if (this.state === 'out of reach' && this.length > 0) this.setTimer();
  }

  /** Emits and completes when it is the turn of this ticket: at once where nobody waits and nothing is closed. */
  turn(ticket: number): Observable<void> {
    return new Observable((subscriber) => {
      if (this.length === 0 && this.state !== 'closed') {
        subscriber.next();
        subscriber.complete();
        return undefined;
      }
      const waiter = { ticket, subscriber };
      this.waiters.splice(this.placeOf(ticket), 0, waiter);
      if (this.timer === null) this.setTimer();
      return () => {
        this.leave(waiter);
      };
    });
  }

  private leave(waiter: Waiter): void {
    const place = this.placeOf(waiter.ticket);
    if (this.waiters[place] !== waiter) return;
    this.waiters.splice(place, 1);
    if (this.length === 0) this.setTimer();
  }

  /** Where a ticket is in the line, or would be. */
  private placeOf(ticket: number): number {
    let low = 0;
    for (let high = this.length; low < high;) {
      const middle = (low + high) >>> 1;
      if ((this.waiters[middle] as Waiter).ticket < ticket) low = middle + 1;
      else high = middle;
    }
    return low;
  }

  private wait(): number {
    return this.until - this.scheduler.now();
  }

  private setTimer(): void {
    this.timer?.unsubscribe();
    this.timer = null;
    if (this.length === 0) return;
    const due = this.state === 'closed' ? Math.min(this.wait(), LONGEST_TIMER) : 0;
    this.timer = timer(due, this.scheduler).subscribe(() => {
      this.resume();
    });
  }

  /** One after the other, for as long as what comes of it does not close the line again. */
  private resume(): void {
    try {
      while (this.state !== 'closed') {
        const waiter = this.waiters.shift();
        if (waiter === undefined) break;
        waiter.subscriber.next();
        waiter.subscriber.complete();
      }
    } finally {
      this.setTimer();
    }
  }
}
