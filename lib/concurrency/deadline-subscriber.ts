import { TimeoutError, type Observable, type SchedulerLike, type Subscriber, type Subscription } from 'rxjs';

import { AwaitingSubscriber } from '../core/await-release.js';
import { afterFailure, UNSUBSCRIBE, type Exit } from '../core/engine/exit.js';
import type { Scope } from '../core/engine/scope.js';

/** The longest time that a timer of the platform takes; with more it fires at once. */
const LONGEST = 2 ** 31 - 1;

/** Waits for the releases upstream, and leaves the source when it is due. */
export class DeadlineSubscriber<T> extends AwaitingSubscriber<T> {
  private timer: Subscription | null = null;
  /** How the source has ended by itself. */
  private ended: Exit = UNSUBSCRIBE;
  private seen = 0;
  private lastValue: T | null = null;

  /** `due` is in milliseconds since the epoch, by the clock of `scheduler`. */
  constructor(
    consumer: Subscriber<T>,
    private readonly due: number,
    private readonly scheduler: SchedulerLike,
  ) {
    super(consumer);
  }

  /** The timer comes last: what the source does inside its own subscribe is never too late. */
  start(source: Observable<T>): void {
    this.connect(source);
    this.wait();
  }

  protected override emit(value: T): void {
    this.seen++;
    this.lastValue = value;
    super.emit(value);
  }

  protected override end(exit: Exit): void {
    this.ended = exit;
    super.end(exit);
  }

  protected override tell(outcome: Exit): Scope | null {
    this.timer?.unsubscribe();
    return super.tell(outcome);
  }

  protected override leave(): void {
    this.timer?.unsubscribe();
    super.leave();
  }

  private wait(): void {
    if (this.state === 'over' || this.state === 'left' || this.due === Infinity) return;
    const left = this.due - this.scheduler.now();
    const isLast = left <= LONGEST;
    this.timer = this.scheduler.schedule(
      () => {
        if (isLast) this.expire();
        else this.wait();
      },
      isLast ? Math.max(left, 0) : LONGEST,
    );
  }

  private expire(): void {
    const { seen, lastValue } = this;
    this.isStopped = true;
    super.end(afterFailure(this.ended, new TimeoutError({ meta: null, seen, lastValue })));
  }
}
