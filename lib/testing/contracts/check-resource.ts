import type { Resource } from '../../core/index.js';
import { casesOf, register, type ContractCase, type SuiteOptions } from './contract.js';
import { HeldView, type ResourceSubject } from './held-view.js';
import { resourceEnds } from './resource-ends.js';
import { resourceLeaving } from './resource-leaving.js';
import { resourceTogether } from './resource-together.js';
import type { TrialOptions } from './trial.js';

/** What makes a resource to be tested, anew for each test. */
export type ResourceFactory<T> = () => ResourceMade<T> | PromiseLike<ResourceMade<T>>;

type ResourceMade<T> = Resource<T> | ResourceSubject<T>;

/** What a resource promises besides the laws that hold for all. */
export interface ResourceContractOptions extends TrialOptions {
  /** Acquires and releases without waiting for anything (law 17). Default `false`. */
  readonly synchronous?: boolean;
  /** All who use it at a time share one handle, released after the last of them. Default `false`: one for each. */
  readonly shared?: boolean;
  /** Its release suppresses the errors of bodies. Default `false`. */
  readonly suppresses?: boolean;
}

/**
 * The cases of {@link checkResourceContract} as a list, for where there is no test runner, or to leave one out.
 *
 * @example
 * ```ts
 * import { resource } from 'rxscope';
 * import { resourceContract } from 'rxscope/testing';
 *
 * const counter = { opened: 0, closed: 0 };
 * const cases = resourceContract(() => ({
 *   resource: resource({ acquire: () => ++counter.opened, release: async () => ++counter.closed }),
 * }));
 * for (const { run } of cases) await run();
 * counter.opened > 40 && counter.opened === counter.closed; // => true
 * ```
 */
export function resourceContract<T>(
  factory: ResourceFactory<T>,
  options: ResourceContractOptions = {},
): readonly ContractCase[] {
  const { suppresses = false, synchronous = false, shared = false } = options;
  const cases = [...resourceEnds<T>(suppresses, synchronous), ...resourceLeaving<T>(), ...resourceTogether<T>(shared)];
  return casesOf(cases, options, async (trial) => {
    const made = await factory();
    return new HeldView<T>(trial, 'resource' in made ? made : { resource: made });
  });
}

/**
 * Registers a suite of tests that show whether a resource keeps the laws: acquired and released exactly once, on every
 * path, with the release waited for.
 *
 * The factory is called for each test, and counts from then on. A resource alone will do; with `isOpen`, or with `opened`
 * and `closed`, it is seen whether its release really releases, which is what goes wrong most often.
 *
 * **Errors.** A test fails with a {@link ContractError} that names the law. `TypeError` where there is no `describe` and
 * `it`: they are taken from the options, else from the globals (Jest, Mocha, Vitest with `globals`).
 *
 * @example
 * ```ts
 * import { resource } from 'rxscope';
 * import { checkResourceContract } from 'rxscope/testing';
 *
 * // In Jest and Mocha `describe` and `it` are found by themselves.
 * const titles: string[] = [];
 * const tests: (() => Promise<void>)[] = [];
 * const describe = (_: string, body: () => void): void => body();
 * const it = (title: string, test: () => Promise<void>): number => titles.push(title) + tests.push(test);
 *
 * const socket = resource({ acquire: async () => ({ open: true }), release: async (held) => (held.open = false) });
 * checkResourceContract(() => ({ resource: socket, isOpen: ({ open }) => open }), { describe, it });
 *
 * for (const test of tests) await test();
 * titles[2]; // => 'is released before the consumer is told completion (laws 1 and 3)'
 * ```
 */
export function checkResourceContract<T>(
  factory: ResourceFactory<T>,
  options: ResourceContractOptions & SuiteOptions = {},
): void {
  register('resource contract', resourceContract(factory, options), options);
}
