/**
 * npm run bench [-- --only W1,W4] [--processes N] [--quick] [--out file] [--library file]
 *
 * Every workload is measured in processes of its own, one after another; the numbers are medians over them.
 */
import { execFile } from 'node:child_process';
import { mkdirSync, writeFileSync } from 'node:fs';
import { cpus } from 'node:os';
import { dirname, join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs, promisify } from 'node:util';
import type { Description, Effort, Measurement } from './measure/workload.js';
import { prepare, type Prepared } from './prepare.js';
import { overview, type Result, summarise, table } from './report.js';

const { values: options } = parseArgs({
  options: {
    only: { type: 'string', default: '' },
    processes: { type: 'string' },
    quick: { type: 'boolean', default: false },
    out: { type: 'string' },
    library: { type: 'string' },
  },
});

const latest = join(dirname(fileURLToPath(import.meta.url)), 'results/latest.json');
const processes = Number(options.processes ?? (options.quick ? 1 : 3));
const effort: Effort = options.quick ? { rounds: 9, warmUp: 16, batchMs: 4 } : { rounds: 25, warmUp: 30, batchMs: 6 };

async function child({ entry, library }: Prepared, ...args: string[]): Promise<unknown> {
  const env = { ...process.env, RXSCOPE_BENCH_LIBRARY: library };
  const { stdout } = await promisify(execFile)(process.execPath, ['--expose-gc', entry, ...args], { env });
  return JSON.parse(stdout);
}

/** W4 stands for all of its sizes. */
function isWanted(id: string): boolean {
  const wanted = options.only.split(',').filter(Boolean);
  return wanted.length === 0 || wanted.some((name) => id === name || id.startsWith(`${name} `));
}

async function main(): Promise<void> {
  const prepared = prepare(options.library && resolve(options.library));
  const listed = (await child(prepared, 'list')) as { file: string; workload: Description }[];
  const machine = `Node ${process.version}, ${cpus()[0]?.model ?? 'unknown CPU'}, ${cpus().length} cores`;
  console.log(
    `${machine}; median over ${processes} processes of ${effort.rounds} rounds. Only ratios mean something.\n`,
  );
  const results: Record<string, Result> = {};
  for (const { file, workload } of listed.filter(({ workload }) => isWanted(workload.id))) {
    try {
      const measurements: Measurement[] = [];
      for (let i = 0; i < processes; i += 1) {
        measurements.push((await child(prepared, file, workload.id, JSON.stringify(effort))) as Measurement);
      }
      const result = summarise(workload, measurements);
      results[workload.id] = result;
      console.log(table(workload.id, result));
    } catch (error) {
      // A variant that does not do its work fails the run; the other workloads are still worth knowing.
      console.error(`${workload.id}: failed\n${String((error as { stderr?: string }).stderr ?? error)}`);
      process.exitCode = 1;
    }
  }
  console.log(overview(results));
  const json = `${JSON.stringify({ machine, processes, effort, results }, null, 2)}\n`;
  for (const file of [latest, options.out].filter((file) => file !== undefined)) {
    mkdirSync(dirname(file), { recursive: true });
    writeFileSync(file, json);
  }
}

await main();
