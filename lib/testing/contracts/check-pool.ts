import type { Resource } from '../../core/index.js';
import { casesOf, register, type ContractCase, type SuiteOptions } from './contract.js';
import { lockCases } from './lock-cases.js';
import { lockLeaving } from './lock-leaving.js';
import { poolClosing } from './pool-closing.js';
import { poolLending } from './pool-lending.js';
import { poolMaking } from './pool-making.js';
import { PoolView, type PoolPort } from './pool-view.js';
import type { Trial, TrialOptions } from './trial.js';
import { Workshop, type PooledItem } from './workshop.js';

/** What makes a pool of `resource`, with room for `max`, anew for each test: the pool, or a resource that is the pool. */
export type PoolFactory = (
  resource: Resource<PooledItem>,
  options: { readonly max: number },
) => PoolMade | PromiseLike<PoolMade>;

type PoolMade = PoolPort<PooledItem> | Resource<PoolPort<PooledItem>>;

/** What a pool promises besides the laws that hold for all. */
export interface PoolContractOptions extends TrialOptions {
  /** For how many it is made. Default 2. */
  readonly max?: number;
  /** Serves in order of arrival. Default `true`. */
  readonly fair?: boolean;
  /** Lends inside subscribe what is there or made at once, and hands over inside the call that gives back (law 17). Default `false`. */
  readonly synchronous?: boolean;
  /** Of the random steps. Default 1. */
  readonly seed?: number;
}

/**
 * The cases of {@link checkPoolContract} as a list, for where there is no test runner, or to leave one out.
 *
 * @example
 * ```ts
 * import { poolContract } from 'rxscope/testing';
 *
 * const cases = poolContract((resource, { max }) => {
 *   throw new Error(`no pool of ${max} ${resource.name}s yet`);
 * });
 * const failure: unknown = await cases[0]?.run().catch((error: unknown) => error);
 * failure instanceof Error && failure.message; // => 'no pool of 2 items yet'
 * ```
 */
export function poolContract(factory: PoolFactory, options: PoolContractOptions = {}): readonly ContractCase[] {
  const { max = 2, fair = true, synchronous = false, seed = 1 } = options;
  const cases = [
    ...lockCases(fair, synchronous),
    ...lockLeaving(fair, seed),
    ...poolLending(seed),
    ...poolMaking(),
    ...poolClosing(),
  ];
  const finished = cases.map((one) => ({
    ...one,
    test: async (view: PoolView) => {
      await one.test(view);
      await view.finish();
    },
  }));
  return casesOf(finished, options, (trial) => begin(trial, factory, max));
}

async function begin(trial: Trial, factory: PoolFactory, max: number): Promise<PoolView> {
  const workshop = new Workshop();
  const made = await factory(workshop.resource, { max });
  const pool = 'lease' in made ? made : (await trial.lease(36, made, 'the pool made')).value;
  trial.finally(() => {
    workshop.isSlow = false;
    workshop.proceed();
    return pool.close({ force: true });
  });
  return new PoolView(trial, workshop, pool, max);
}

/**
 * Registers a suite of tests that show whether a pool keeps the laws: never more than `max`, served in order, no place lost
 * when something cannot be made or somebody leaves, and a close that waits for what is out.
 *
 * The factory is called for each test, with a resource to make a pool of: the contract counts what is made and destroyed,
 * makes it slow, and makes it fail. All that {@link checkLockContract} checks holds for `lease` of a pool too.
 *
 * **Errors.** A test fails with a {@link ContractError} that names the law. `TypeError` where there is no `describe` and
 * `it`: they are taken from the options, else from the globals (Jest, Mocha, Vitest with `globals`).
 *
 * @example
 * ```ts
 * import { lease } from 'rxscope';
 * import { checkPoolContract } from 'rxscope/testing';
 *
 * // In Jest and Mocha `describe` and `it` are found by themselves.
 * const tests: (() => Promise<void>)[] = [];
 * const describe = (_: string, body: () => void): void => body();
 * const it = (_: string, test: () => Promise<void>): number => tests.push(test);
 *
 * // What lends without end is no pool.
 * const stats = { total: 0, idle: 0, borrowed: 0, creating: 0, destroying: 0, waiting: 0 };
 * const endless = { stats, close: async () => undefined };
 * checkPoolContract((item) => ({ ...endless, lease: item, acquire: () => lease(item) }), { describe, it });
 *
 * const message = await tests[0]?.().catch((error: Error) => error.message.split('\n'));
 * message?.slice(1); // => ['  expected  2 inside, the others waiting', '  actual    4 inside']
 * ```
 */
export function checkPoolContract(factory: PoolFactory, options: PoolContractOptions & SuiteOptions = {}): void {
  register('pool contract', poolContract(factory, options), options);
}
