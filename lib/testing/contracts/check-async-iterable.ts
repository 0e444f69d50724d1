import { casesOf, register, type ContractCase, type SuiteOptions } from './contract.js';
import { iterableLeaving } from './iterable-leaving.js';
import { iterableReading } from './iterable-reading.js';
import { IterableView, type AsyncIterableSubject } from './iterable-view.js';
import type { TrialOptions } from './trial.js';

/** What makes an async iterable to be tested, anew for each test. */
export type AsyncIterableFactory<T> = () => AsyncIterableMade<T> | PromiseLike<AsyncIterableMade<T>>;

type AsyncIterableMade<T> = AsyncIterable<T> | AsyncIterableSubject<T>;

/** What an async iterable promises, or does not. */
export interface AsyncIterableContractOptions extends TrialOptions {
  /** Begins when an iterator is made, not at its first `next()`. Default `false`. */
  readonly eager?: boolean;
  /** Can be iterated once only, as a generator object. Default `false`. */
  readonly once?: boolean;
  /** Answers several `next()` at a time in order. Default `true`. */
  readonly concurrent?: boolean;
}

/**
 * The cases of {@link checkAsyncIterableContract} as a list, for where there is no test runner, or to leave one out.
 *
 * @example
 * ```ts
 * import { asyncIterableContract } from 'rxscope/testing';
 *
 * const cases = asyncIterableContract(() => {
 *   const counter = { opened: 0, closed: 0 };
 *   const rows = async function* () {
 *     counter.opened++;
 *     try {
 *       yield* ['first', 'second'];
 *     } finally {
 *       counter.closed++;
 *     }
 *   };
 *   return {
 *     iterable: { [Symbol.asyncIterator]: rows },
 *     values: ['first', 'second'],
 *     opened: () => counter.opened,
 *     closed: () => counter.closed,
 *   };
 * });
 * for (const { run } of cases) await run();
 * cases.length > 15; // => true
 * ```
 */
export function asyncIterableContract<T>(
  factory: AsyncIterableFactory<T>,
  options: AsyncIterableContractOptions = {},
): readonly ContractCase[] {
  const { eager = false, once = false, concurrent = true } = options;
  const cases = [...iterableReading<T>(eager, once, concurrent), ...iterableLeaving<T>(eager)];
  return casesOf(cases, options, async (trial) => {
    const made = await factory();
    return new IterableView<T>(trial, 'iterable' in made ? made : { iterable: made });
  });
}

/**
 * Registers a suite of tests that show whether an async iterable keeps its protocol: every call is answered, in order, and
 * leaving it at any moment cleans up once, and waits for that.
 *
 * The factory is called for each test, and counts from then on. The iterable gives a few values and ends; with `values`
 * they are compared, with `opened` and `closed` it is seen whether a run is cleaned up.
 *
 * **Limits.** An async generator answers `return()` only when its `next()` has been answered: give it no `stalled`.
 *
 * **Errors.** A test fails with a {@link ContractError} that names the law. `TypeError` where there is no `describe` and
 * `it`: they are taken from the options, else from the globals (Jest, Mocha, Vitest with `globals`).
 *
 * @example
 * ```ts
 * import { from, NEVER } from 'rxjs';
 * import { toAsyncIterable } from 'rxscope';
 * import { checkAsyncIterableContract } from 'rxscope/testing';
 *
 * // In Jest and Mocha `describe` and `it` are found by themselves.
 * const tests: (() => Promise<void>)[] = [];
 * const describe = (_: string, body: () => void): void => body();
 * const it = (_: string, test: () => Promise<void>): number => tests.push(test);
 *
 * const factory = () => ({
 *   iterable: toAsyncIterable(from([1, 2, 3])),
 *   values: [1, 2, 3],
 *   stalled: toAsyncIterable<number>(NEVER),
 * });
 * checkAsyncIterableContract(factory, { describe, it });
 *
 * for (const test of tests) await test();
 * tests.length > 15; // => true
 * ```
 */
export function checkAsyncIterableContract<T>(
  factory: AsyncIterableFactory<T>,
  options: AsyncIterableContractOptions & SuiteOptions = {},
): void {
  register('async iterable contract', asyncIterableContract(factory, options), options);
}
