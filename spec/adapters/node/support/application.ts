import { asyncScheduler, timer, type SchedulerLike } from 'rxjs';
import { resource, type Resource } from '../../../../lib/index.js';
import type { LifespanOptions, LifespanReport } from '../../../../lib/adapters/node/index.js';
import { describeExit, Journal } from '../../../support/journal.js';

/** RxJS's scheduler under another name: it is virtual in a test, and measures by that. */
export const virtual: SchedulerLike = {
  now: () => asyncScheduler.now(),
  schedule: asyncScheduler.schedule.bind(asyncScheduler),
};

/** Does something in so many milliseconds. */
export function at(due: number, act: () => unknown): void {
  timer(due).subscribe(act);
}

/** Writes down what happens to an application and its parts, each line with its millisecond. */
export class Records extends Journal {
  readonly reports: LifespanReport[] = [];

  constructor() {
    super(() => asyncScheduler.now());
  }

  /** No signals, and times that are virtual. */
  get options(): LifespanOptions {
    return { signals: [], scheduler: virtual, onReport: (report) => this.reports.push(report) };
  }

  get report(): LifespanReport {
    const [report] = this.reports;
    if (report === undefined || this.reports.length > 1)
      throw new Error(`${this.reports.length} reports, instead of one.`);
    return report;
  }

  /** A part that takes so long to start and to stop; what `failing` answers is what it fails with. */
  part(name: string, times: { start?: number; stop?: number; failing?: () => unknown } = {}): Resource<string> {
    const { start = 0, stop = 0, failing } = times;
    return resource<string>({
      name,
      acquire: ({ signal }) =>
        new Promise((resolve, reject) => {
          this.note(`+${name}`);
          const due = timer(start).subscribe(() => {
            resolve(name);
          });
          signal.addEventListener('abort', () => {
            if (due.closed) return; // it is there, and is going to be released
            this.note(`${name} gives up`);
            due.unsubscribe();
            reject(signal.reason as Error);
          });
        }),
      release: async (_, exit) => {
        this.note(`-${name} ${describeExit(exit)}`);
        await new Promise<void>((resolve) => void timer(stop).subscribe(() => resolve()));
        this.note(`-${name} over`);
        if (failing !== undefined) throw failing();
      },
    });
  }
}
