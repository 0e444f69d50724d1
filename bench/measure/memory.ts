import { resetTally, tally } from './tally.js';
import { median } from './statistics.js';
import { Valve } from './valve.js';
import type {
  Connect,
  GrowthWorkload,
  HeldWorkload,
  Hold,
  Measurement,
  SlowConsumerWorkload,
  Variant,
} from './workload.js';

/** Bytes in use once everything that can go has gone. */
async function heapUsed(): Promise<number> {
  for (let turn = 0; turn < 4; turn += 1) {
    gc?.();
    await new Promise((resolve) => setImmediate(resolve));
  }
  gc?.();
  return process.memoryUsage().heapUsed;
}

function verifyScopes(variant: string, scopes: number): void {
  if (tally.opened !== scopes || tally.closed !== scopes) {
    throw new Error(`${variant}: opened ${tally.opened} and closed ${tally.closed} scopes instead of ${scopes}`);
  }
}

/** KiB by which the heap has grown after the workload's number of operations, one variant after another. */
export async function measureGrowth(workload: GrowthWorkload): Promise<Measurement> {
  const grown = new Map<string, number>();
  for (const { name, prepare } of workload.variants) {
    const run = prepare();
    // Code, feedback and caches come into being here.
    await run(20_000);
    resetTally();
    const before = await heapUsed();
    await run(workload.operations);
    grown.set(name, ((await heapUsed()) - before) / 1024);
    verifyScopes(name, workload.operations);
  }
  return memoryMeasurement(workload, grown);
}

/** Bytes per scope with all of the workload's scopes open at once. */
export async function measureHeld(workload: HeldWorkload): Promise<Measurement> {
  const bytes = new Map<string, number>();
  for (const variant of workload.variants) {
    const hold = variant.prepare();
    const runs: number[] = [];
    for (let run = 0; run < 3; run += 1) runs.push(await bytesPerScope(variant, hold, workload.scopes));
    bytes.set(variant.name, median(runs));
  }
  return memoryMeasurement(workload, bytes);
}

async function bytesPerScope({ name }: Variant<Hold>, hold: Hold, scopes: number): Promise<number> {
  for (let i = 0; i < 1000; i += 1) hold.close(hold.open());
  resetTally();
  const before = await heapUsed();
  const held = new Array<unknown>(scopes);
  for (let i = 0; i < scopes; i += 1) held[i] = hold.open();
  const after = await heapUsed();
  for (const scope of held) hold.close(scope);
  await heapUsed();
  verifyScopes(name, scopes);
  return (after - before) / scopes;
}

/** KiB by which the heap has grown when the source has given all of its items and the consumer still has one of them. */
export async function measureSlowConsumer(workload: SlowConsumerWorkload): Promise<Measurement> {
  const grown = new Map<string, number>();
  for (const variant of workload.variants) {
    // Code, feedback and caches come into being here.
    await grownWhileConnected(variant, 100_000);
    grown.set(variant.name, await grownWhileConnected(variant, workload.items));
  }
  return memoryMeasurement(workload, grown);
}

async function grownWhileConnected({ name, prepare }: Variant<Connect>, items: number): Promise<number> {
  const connect = prepare();
  const valve = new Valve(items);
  const before = await heapUsed();
  const disconnect = connect(valve);
  await valve.shut;
  const after = await heapUsed();
  disconnect();
  valve.release();
  await heapUsed();
  if (valve.taken === 0) throw new Error(`${name}: the consumer has seen none of ${items} items`);
  return (after - before) / 1024;
}

function memoryMeasurement(
  workload: GrowthWorkload | HeldWorkload | SlowConsumerWorkload,
  values: Map<string, number>,
): Measurement {
  return {
    variants: Object.fromEntries([...values].map(([name, value]) => [name, { value }])),
    goals: workload.goals.map(({ variant }) => values.get(variant)),
  };
}
