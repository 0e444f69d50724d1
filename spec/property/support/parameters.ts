import type { Parameters } from 'fast-check';

/**
 * How a property is run: with a fresh seed, under `CI` with a fixed one. fast-check prints the seed and the path of a failure; `FC_SEED` repeats it, `FC_RUNS` runs
 * more (or fewer) cases than the default:
 *
 *     FC_SEED=-1293 FC_RUNS=20000 npx jest --selectProjects unit --testPathPatterns spec/property
 */
export function parameters<Ts>(runs: number): Parameters<Ts> {
  // The gate answers for the change at hand, so it repeats what it did before; everybody else looks for something new.
  const fixed = process.env['CI'] === undefined ? undefined : '20261121';
  const seed = Number(process.env['FC_SEED'] ?? fixed ?? Number.NaN);
  const wanted = Number(process.env['FC_RUNS'] ?? Number.NaN);
  return {
    numRuns: Number.isNaN(wanted) ? runs : wanted,
    ...(Number.isNaN(seed) ? {} : { seed }),
  };
}

/** For jest: properties bring their own limit, the number of runs. */
export const PATIENCE = 600_000;
