import { from, map, NEVER, of, race, ReplaySubject, Subscription, throwError, timer } from 'rxjs';
import type { Observable, SchedulerLike } from 'rxjs';

import { firstValue } from '../../core/index.js';
import { LONGEST_DELAY } from '../../internal/clock.js';

/** How waiting for something has ended. */
export type Waited = 'done' | 'late' | 'cut';

/**
 * What all waiting of a stop has in common: it goes on until what is waited for is done, until its own time is over, or until
 * everything is cut short, by a deadline or by who insists.
 */
export class Cut<By> {
  /** By whom it was made; null as long as it was not. */
  by: By | null = null;
  private readonly made = new ReplaySubject<'cut'>(1);
  private deadline = Subscription.EMPTY;

  constructor(private readonly scheduler: SchedulerLike) {}

  /** Makes the cut in `due` milliseconds. */
  arm(due: number, by: By): void {
    this.disarm();
    this.deadline = after(due, this.scheduler).subscribe(() => {
      this.make(by);
    });
  }

  disarm(): void {
    this.deadline.unsubscribe();
  }

  make(by: By): void {
    if (this.by !== null) return;
    this.by = by;
    this.made.next('cut');
  }

  /**
   * Waits for `work`, for `due` milliseconds at most. What `work` fails with by then passes on; what it fails with later is
   * reported, as every failure that nobody waits for any more.
   */
  async within(work: PromiseLike<unknown>, due = Infinity): Promise<Waited> {
    const done = from(work).pipe(map(() => 'done' as const));
    const late = after(due, this.scheduler).pipe(map(() => 'late' as const));
    const waited = await firstValue(race<Waited[]>(this.made, done, late));
    if (waited !== 'done') Promise.resolve(work).catch(report);
    return waited;
  }

  /** Waits for `due` milliseconds. */
  async pause(due: number): Promise<void> {
    if (due > 0) await firstValue(race<unknown[]>(this.made, after(due, this.scheduler)));
  }
}

/** Emits in `due` milliseconds; never, where no timer can be set to that. */
export function after(due: number, scheduler: SchedulerLike): Observable<unknown> {
  if (due > LONGEST_DELAY) return NEVER;
  return due === 0 ? of(0) : timer(due, scheduler);
}

/** Hands an error over that has nobody to go to. */
export function report(error: unknown): void {
  throwError(() => error).subscribe();
}
