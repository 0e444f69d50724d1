import { median } from './statistics.js';
import { resetTally, verifyTally } from './tally.js';
import type { Effort, Measurement, Run, TimeWorkload, Variant } from './workload.js';

/** A variant of which a single operation takes this many batches is measured in every eighth round only. */
const slow = 5;

/** A variant with its number of operations per batch, and what was measured in each round. */
class Contender {
  readonly name: string;
  /** By round, with holes where it was left out. */
  readonly times: number[] = [];
  readonly ratios: number[] = [];
  slow = false;
  private readonly run: Run;
  private readonly workload: TimeWorkload;
  private operations = 1;

  constructor(workload: TimeWorkload, variant: Variant) {
    this.workload = workload;
    this.name = variant.name;
    this.run = variant.prepare();
  }

  /** Finds the number of operations that fill a batch, and forgets what was measured with another number. */
  async calibrate(batchMs: number): Promise<void> {
    this.times.length = 0;
    this.ratios.length = 0;
    this.operations = 1;
    let elapsed = await this.quickest(batchMs / 2);
    while (elapsed < batchMs / 2) {
      this.operations *= 2;
      elapsed = await this.quickest(batchMs / 2);
    }
    this.slow = elapsed > slow * batchMs;
    this.operations = Math.max(1, Math.round((this.operations * batchMs) / elapsed));
  }

  /** Nanoseconds per unit of one batch. */
  async time(): Promise<number> {
    return ((await this.batch()) * 1e6) / (this.operations * this.workload.units);
  }

  /** Of three batches, where the first seems to be long enough: on a busy machine something else may have run in between. */
  private async quickest(enough: number): Promise<number> {
    let least = await this.batch();
    for (let again = 0; again < 2 && least >= enough; again += 1) least = Math.min(least, await this.batch());
    return least;
  }

  /** Milliseconds of one batch. */
  private async batch(): Promise<number> {
    // Whatever a variant before left for later runs now, and not on this one's account.
    await new Promise((resolve) => setImmediate(resolve));
    gc?.({ type: 'minor' });
    resetTally();
    const start = performance.now();
    const pending = this.run(this.operations);
    if (pending !== undefined) await pending;
    const elapsed = performance.now() - start;
    verifyTally(`${this.workload.id}, ${this.name}`, this.workload.work, this.operations);
    return elapsed;
  }
}

export async function measureTime(workload: TimeWorkload, effort: Effort): Promise<Measurement> {
  const floor = new Contender(workload, workload.floor);
  const contenders = workload.variants.map((variant) => new Contender(workload, variant));
  for (const rounds of [effort.warmUp, effort.rounds]) {
    for (const contender of [floor, ...contenders]) await contender.calibrate(effort.batchMs);
    await interleave(floor, contenders, rounds * (workload.patience ?? 1));
  }
  return summary(workload, floor, contenders);
}

/** Floor, peer, floor, peer … */
async function interleave(floor: Contender, contenders: readonly Contender[], rounds: number): Promise<void> {
  for (let round = 0; round < rounds; round += 1) {
    // There and back, so that nobody always runs in the wake of the same neighbour.
    for (const contender of round % 2 === 0 ? contenders : [...contenders].reverse()) {
      if (contender.slow && round % 8 !== 0) continue;
      const before = await floor.time();
      const time = await contender.time();
      floor.times.push(before);
      contender.times[round] = time;
      contender.ratios.push(time / before);
    }
  }
}

function summary(workload: TimeWorkload, floor: Contender, contenders: readonly Contender[]): Measurement {
  const find = (name: string): Contender | undefined => contenders.find((contender) => contender.name === name);
  return {
    floor: median(floor.times),
    variants: Object.fromEntries(
      contenders.map(({ name, times, ratios }) => [
        name,
        { value: median(times.flatMap((time) => time)), timesFloor: median(ratios) },
      ]),
    ),
    goals: workload.goals.map(({ variant, against }) => {
      const contender = find(variant);
      if (against === undefined || contender === undefined) return contender && median(contender.ratios);
      const reference = find(against)?.times ?? [];
      return median(
        contender.times.flatMap((time, round) => {
          const other = reference[round];
          return other === undefined ? [] : [time / other];
        }),
      );
    }),
  };
}
