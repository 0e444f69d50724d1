import { median } from './statistics.js';
import type { Delay, DelayWorkload, Measurement } from './workload.js';

const rounds = 9;

/** Milliseconds, a row for each. */
export async function measureDelay(workload: DelayWorkload): Promise<Measurement> {
  const values = new Map<string, number>();
  for (const { name, prepare } of workload.variants) values.set(name, median(await repeated(prepare())));
  return {
    variants: Object.fromEntries([...values].map(([name, value]) => [name, { value }])),
    goals: workload.goals.map(({ variant }) => values.get(variant)),
  };
}

/** The first one is for the code to be compiled. */
async function repeated(delay: Delay): Promise<number[]> {
  await delay();
  const seen: number[] = [];
  for (let round = 0; round < rounds; round += 1) seen.push(await delay());
  return seen;
}
