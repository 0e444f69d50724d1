import { parseArgs } from 'node:util';

/** What can be chosen on the command line. */
export interface Options {
  /** Places on a page. Default 1000. */
  readonly size: number;
  /** How many pages are saved side by side, each over a connection of its own. Default 3. */
  readonly workers: number;
  /** A page whose transaction stays open until Ctrl-C. Default: none. */
  readonly hold: number | undefined;
  /** Address of a PostgreSQL. Default: that of the environment, or one that is started for the occasion. */
  readonly postgres: string | undefined;
  /** Address of a Redis, which then has the lock. Default: none; the database has it. */
  readonly redis: string | undefined;
}

/** Reads `--size`, `--workers`, `--hold`, `--postgres` and `--redis`. */
export function readOptions(args: readonly string[]): Options {
  const { values } = parseArgs({
    args: [...args],
    options: {
      size: { type: 'string', default: '1000' },
      workers: { type: 'string', default: '3' },
      hold: { type: 'string' },
      postgres: { type: 'string' },
      redis: { type: 'string' },
    },
  });
  const { size, workers, hold, postgres, redis } = values;
  return {
    size: positive(size),
    workers: positive(workers),
    hold: hold === undefined ? undefined : positive(hold),
    postgres,
    redis,
  };
}

function positive(text: string): number {
  const value = Number(text);
  if (Number.isInteger(value) && value > 0) return value;
  throw new RangeError(`Expected a whole number above 0, received "${text}".`);
}
