/** How often something took how long. A frozen copy; times are milliseconds. */
export interface HistogramSnapshot {
  readonly count: number;
  readonly sum: number;
  readonly max: number;
  /** For each bound how many took so long or less; the last one is `Infinity` and counts all. */
  readonly buckets: readonly { readonly upTo: number; readonly count: number }[];
}

/** Counts times, in constant memory. */
export class Histogram {
  private count = 0;
  private sum = 0;
  private max = 0;
  private readonly counts: number[];

  /** `bounds`: ascending. */
  constructor(private readonly bounds: readonly number[]) {
    this.counts = bounds.map(() => 0);
  }

  add(time: number): void {
    this.count++;
    this.sum += time;
    this.max = Math.max(this.max, time);
    const at = this.bounds.findIndex((bound) => time <= bound);
    if (at >= 0) this.counts[at] = (this.counts[at] ?? 0) + 1;
  }

  snapshot(): HistogramSnapshot {
    const { count, sum, max } = this;
    let below = 0;
    const buckets = this.bounds.map((upTo, index) => {
      below += this.counts[index] ?? 0;
      return Object.freeze({ upTo, count: below });
    });
    buckets.push(Object.freeze({ upTo: Infinity, count }));
    return Object.freeze({ count, sum, max, buckets: Object.freeze(buckets) });
  }
}
