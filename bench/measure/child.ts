/**
 * What a measuring process runs: plain Node on compiled files, so that nothing but V8 stands between the clock and the code.
 * `child.js list` prints the workloads of every file, `child.js <file> <id> <effort>` measures one of them.
 */
import { readdirSync } from 'node:fs';
import { measureBurst } from './burst.js';
import { measureDelay } from './delay.js';
import { measureGrowth, measureHeld, measureSlowConsumer } from './memory.js';
import { measureTime } from './time.js';
import type { Description, Effort, Measurement, Workload } from './workload.js';

const folder = new URL('../workloads/', import.meta.url);

async function workloadsOf(file: string): Promise<readonly Workload[]> {
  const module = (await import(new URL(file, folder).href)) as { workloads?: readonly Workload[] };
  return module.workloads ?? [];
}

function describe(workload: Workload): Description {
  const { id, title, unit, kind, goals } = workload;
  return { id, title, unit, kind, goals, ...(workload.kind === 'time' ? { floor: workload.floor.name } : {}) };
}

async function list(): Promise<{ file: string; workload: Description }[]> {
  const files = readdirSync(folder).sort(new Intl.Collator('en', { numeric: true }).compare);
  const perFile = await Promise.all(
    files.map(async (file) => (await workloadsOf(file)).map((workload) => ({ file, workload: describe(workload) }))),
  );
  return perFile.flat();
}

function measure(workload: Workload, effort: Effort): Promise<Measurement> {
  switch (workload.kind) {
    case 'time':
      return measureTime(workload, effort);
    case 'growth':
      return measureGrowth(workload);
    case 'held':
      return measureHeld(workload);
    case 'slow consumer':
      return measureSlowConsumer(workload);
    case 'burst':
      return measureBurst(workload);
    case 'delay':
      return measureDelay(workload);
  }
}

async function main([file, id, effort]: readonly (string | undefined)[]): Promise<unknown> {
  if (file === undefined || id === undefined || effort === undefined) return list();
  const workload = (await workloadsOf(file)).find((candidate) => candidate.id === id);
  if (workload === undefined) throw new Error(`There is no workload ${id} in ${file}.`);
  return measure(workload, JSON.parse(effort) as Effort);
}

const answer = JSON.stringify(await main(process.argv.slice(2)));
// The timers of the pools of others would keep it running.
process.stdout.write(answer, () => process.exit());
