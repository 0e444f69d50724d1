import { asyncScheduler, interval, Observable, type OperatorFunction, type SchedulerLike } from 'rxjs';

import { checkDuration } from '../internal/check.js';
import { Histogram, type HistogramSnapshot } from './histogram.js';
import type { PoolEvent } from './pool-events.js';
import type { DestroyReason } from './pool-item.js';

/** What has happened in a pool since it was listened to. A frozen copy. */
export interface PoolMetrics {
  /** How long borrowers waited, those served at once included. */
  readonly wait: HistogramSnapshot;
  /** How long they waited who got nothing. */
  readonly gaveUp: HistogramSnapshot;
  /** How long handles were borrowed. */
  readonly usage: HistogramSnapshot;
  readonly create: HistogramSnapshot;
  readonly createFailed: HistogramSnapshot;
  readonly validate: HistogramSnapshot;
  readonly reset: HistogramSnapshot;
  readonly destroy: HistogramSnapshot;
  /** How many were destroyed, by reason. Reasons that have not occurred are missing. */
  readonly destroyed: Readonly<Partial<Record<DestroyReason, number>>>;
  readonly leaks: number;
}

/** How {@link poolMetrics} counts. */
export interface PoolMetricsOptions {
  /** Milliseconds from one emission to the next. Default 10 seconds. */
  readonly every?: number;
  /** Upper bounds of the buckets in milliseconds, ascending. Default 1, 2, 5 … 10,000. */
  readonly bounds?: readonly number[];
  /** For `every`. Default: RxJS's `asyncScheduler`. */
  readonly scheduler?: SchedulerLike;
}

const BOUNDS = [1, 2, 5, 10, 20, 50, 100, 200, 500, 1_000, 2_000, 5_000, 10_000];

/**
 * Counts the events of a pool into histograms, for a metrics system: `pool.events$.pipe(poolMetrics())`.
 *
 * Emits what there is so far every 10 seconds, and once more at the end. Buckets are cumulative, as Prometheus has them.
 * In constant memory. **Errors.** `RangeError` for bad options, at the call.
 *
 * @example
 * ```ts
 * import { lastValue, lease, pool, poolMetrics, resource, using } from 'rxscope';
 *
 * const held = await lease(pool(resource({ acquire: () => 'connection' }), { maxUses: 2 }));
 * const metrics = lastValue(held.value.events$.pipe(poolMetrics()));
 * for (let i = 0; i < 4; i++) using(held.value.lease, () => [i]).subscribe();
 * await held.release();
 * const { wait, create, destroyed } = await metrics;
 * [wait.count, create.count, destroyed]; // => [4, 2, { used: 2 }]
 * ```
 */
export function poolMetrics({
  every = 10_000,
  bounds = BOUNDS,
  scheduler = asyncScheduler,
}: PoolMetricsOptions = {}): OperatorFunction<PoolEvent, PoolMetrics> {
  checkDuration(every, 'every');
  checkBounds(bounds);
  return (events) =>
    new Observable((subscriber) => {
      const counts = new Counts(bounds);
      const tell = (): void => {
        subscriber.next(counts.snapshot());
      };
      subscriber.add(interval(every, scheduler).subscribe(tell));
      subscriber.add(
        events.subscribe({
          next: (event) => {
            counts.add(event);
          },
          error: (error: unknown) => {
            subscriber.error(error);
          },
          complete: () => {
            tell();
            subscriber.complete();
          },
        }),
      );
    });
}

class Counts {
  private readonly histograms;
  private readonly destroyed: Partial<Record<DestroyReason, number>> = {};
  private leaks = 0;

  constructor(bounds: readonly number[]) {
    const histogram = (): Histogram => new Histogram(bounds);
    this.histograms = {
      wait: histogram(),
      gaveUp: histogram(),
      usage: histogram(),
      create: histogram(),
      createFailed: histogram(),
      validate: histogram(),
      reset: histogram(),
      destroy: histogram(),
    };
  }

  add(event: PoolEvent): void {
    const { wait, gaveUp, usage, create, createFailed, validate, reset, destroy } = this.histograms;
    if (event.type === 'borrowed') wait.add(event.waited);
    else if (event.type === 'gave-up') gaveUp.add(event.waited);
    else if (event.type === 'returned') usage.add(event.used);
    else if (event.type === 'created') create.add(event.took);
    else if (event.type === 'create-failed') createFailed.add(event.took);
    else if (event.type === 'validated') validate.add(event.took);
    else if (event.type === 'reset') reset.add(event.took);
    else if (event.type === 'leaked') this.leaks++;
    else if (event.type === 'destroyed') {
      destroy.add(event.took);
      this.destroyed[event.reason] = (this.destroyed[event.reason] ?? 0) + 1;
    }
  }

  snapshot(): PoolMetrics {
    const { wait, gaveUp, usage, create, createFailed, validate, reset, destroy } = this.histograms;
    return Object.freeze({
      wait: wait.snapshot(),
      gaveUp: gaveUp.snapshot(),
      usage: usage.snapshot(),
      create: create.snapshot(),
      createFailed: createFailed.snapshot(),
      validate: validate.snapshot(),
      reset: reset.snapshot(),
      destroy: destroy.snapshot(),
      destroyed: Object.freeze({ ...this.destroyed }),
      leaks: this.leaks,
    });
  }
}

function checkBounds(bounds: readonly number[]): void {
  const isAscending = bounds.every((bound, index) => index === 0 || bound > (bounds[index - 1] as number));
  if (isAscending && bounds.length > 0 && bounds.every((bound) => bound >= 0 && Number.isFinite(bound))) return;
  throw new RangeError(`Expected bounds to be ascending numbers of milliseconds, received ${bounds.join(', ')}.`);
}
