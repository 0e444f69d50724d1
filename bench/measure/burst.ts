import { median } from './statistics.js';
import type { Burst, BurstWorkload, Measurement, Served } from './workload.js';

const rounds = 5;

/** How the row of a variant is called that tells the handles made. */
export const created = (name: string): string => `${name}, handles made`;

/** Milliseconds and handles, a row each. */
export async function measureBurst(workload: BurstWorkload): Promise<Measurement> {
  const values = new Map<string, number>();
  for (const { name, prepare } of workload.variants) {
    const seen = await repeated(prepare());
    values.set(name, median(seen.map(({ within }) => within)));
    values.set(created(name), median(seen.map(({ created }) => created)));
  }
  return {
    variants: Object.fromEntries([...values].map(([name, value]) => [name, { value }])),
    goals: workload.goals.map(({ variant }) => values.get(variant)),
  };
}

/** The first one is for the code to be compiled. */
async function repeated(burst: Burst): Promise<Served[]> {
  await burst();
  const seen: Served[] = [];
  for (let round = 0; round < rounds; round += 1) seen.push(await burst());
  return seen;
}
