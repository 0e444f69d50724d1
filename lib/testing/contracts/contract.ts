import { Trial, type TrialOptions } from './trial.js';

/** One case of a contract. */
export interface ContractCase {
  /** What holds, as a fact, with the law it is of. */
  readonly title: string;
  /** Rejects with a `ContractError` where the law is broken. */
  run(this: void): Promise<void>;
}

/** The part of a test runner that a contract needs. */
export interface ContractRunner {
  describe(this: void, title: string, body: () => void): unknown;
  it(this: void, title: string, test: () => Promise<void>): unknown;
}

/** Options of every suite: where its tests go. Default: the `describe` and `it` that the runner has made global. */
export type SuiteOptions = Partial<ContractRunner>;

/** A case as it is written down. */
export interface CaseOf<C> {
  readonly title: string;
  test(this: void, context: C): Promise<void> | void;
  /** Whether it applies. Default: always. */
  readonly when?: boolean;
}

/** The cases that apply, each in a trial of its own with a subject of its own. */
export function casesOf<C>(
  cases: readonly CaseOf<C>[],
  options: TrialOptions,
  begin: (trial: Trial) => Promise<C>,
): readonly ContractCase[] {
  return cases
    .filter(({ when = true }) => when)
    .map(({ title, test }) => ({
      title,
      run: () => Trial.run(options, begin, test),
    }));
}

/** Registers one test for each case. */
export function register(title: string, cases: readonly ContractCase[], options: SuiteOptions): void {
  const { describe, it } = runnerOf(options);
  describe(title, () => {
    for (const one of cases) it(one.title, () => one.run());
  });
}

function runnerOf(options: SuiteOptions): ContractRunner {
  const globals = globalThis as Partial<ContractRunner>;
  const { describe = globals.describe, it = globals.it } = options;
  if (typeof describe === 'function' && typeof it === 'function') return { describe, it };
  throw new TypeError(
    'A contract expects the describe and it of a test runner, and found none among the globals. Pass those of yours: ' +
      '{ describe, it }. Without a runner, run the cases of resourceContract() and the like one by one.',
  );
}
