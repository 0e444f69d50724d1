import type { Resource } from '../../core/index.js';
import { casesOf, register, type ContractCase, type SuiteOptions } from './contract.js';
import { lockCases, type LockView } from './lock-cases.js';
import { lockLeaving } from './lock-leaving.js';
import type { TrialOptions } from './trial.js';

/** What {@link checkLockContract} is told about a lock. */
export interface LockSubject {
  /** Held as long as it is open: `mutex().lock`, `semaphore(3).permit`. */
  readonly lock: Resource<unknown>;
  /** How many may hold it at a time. Default 1. */
  readonly permits?: number;
  /** How many wait for it, by its own count. Read again and again. */
  readonly waiting?: number;
}

/** What makes a lock to be tested, anew for each test. */
export type LockFactory = () => LockMade | PromiseLike<LockMade>;

type LockMade = Resource<unknown> | LockSubject;

/** What a lock promises besides the laws that hold for all. */
export interface LockContractOptions extends TrialOptions {
  /** Taken inside subscribe where it is free, and handed over inside the call that lets go (law 17). Default `false`. */
  readonly synchronous?: boolean;
  /** Serves in order of arrival. Default `true`. */
  readonly fair?: boolean;
  /** Of the random steps. Default 1. */
  readonly seed?: number;
}

/**
 * The cases of {@link checkLockContract} as a list, for where there is no test runner, or to leave one out.
 *
 * @example
 * ```ts
 * import { Observable } from 'rxjs';
 * import { resource } from 'rxscope';
 * import { lockContract } from 'rxscope/testing';
 *
 * const mutex = () => {
 *   const line: (() => void)[] = [];
 *   const pass = (): void => line[0]?.();
 *   const take = new Observable<void>((subscriber) => {
 *     const enter = (): void => subscriber.next();
 *     if (line.push(enter) === 1) enter();
 *     return () => line.indexOf(enter) > 0 && line.splice(line.indexOf(enter), 1);
 *   });
 *   const leave = (): void => {
 *     line.shift();
 *     pass();
 *   };
 *   return resource({ acquire: () => take, release: leave, interruptible: true });
 * };
 * const cases = lockContract(mutex, { synchronous: true });
 * for (const { run } of cases.slice(0, 3)) await run();
 * cases[0]?.title; // => 'lets in as many as there are permits, and nobody else (law 35)'
 * ```
 */
export function lockContract(factory: LockFactory, options: LockContractOptions = {}): readonly ContractCase[] {
  const { fair = true, synchronous = false, seed = 1 } = options;
  const cases = [...lockCases(fair, synchronous), ...lockLeaving(fair, seed)];
  return casesOf<LockView>(cases, options, async (trial) => {
    const made = await factory();
    if (!('lock' in made)) return { trial, lock: made, permits: 1, waiting: () => null };
    return { trial, lock: made.lock, permits: made.permits ?? 1, waiting: () => made.waiting ?? null };
  });
}

/**
 * Registers a suite of tests that show whether a lock keeps the laws: never more inside than there are permits, served in
 * order, and no permit lost when somebody leaves, at whatever moment.
 *
 * For anything that is held by entering a resource: mutexes, semaphores, locks in a database. The factory is called
 * for each test and gives a lock that is free.
 *
 * **Errors.** A test fails with a {@link ContractError} that names the law. `TypeError` where there is no `describe` and
 * `it`: they are taken from the options, else from the globals (Jest, Mocha, Vitest with `globals`).
 *
 * @example
 * ```ts
 * import { fromValue } from 'rxscope';
 * import { checkLockContract } from 'rxscope/testing';
 *
 * // In Jest and Mocha `describe` and `it` are found by themselves.
 * const tests: (() => Promise<void>)[] = [];
 * const describe = (_: string, body: () => void): void => body();
 * const it = (_: string, test: () => Promise<void>): number => tests.push(test);
 *
 * checkLockContract(() => fromValue('lets everybody in'), { describe, it });
 *
 * const message = await tests[0]?.().catch((error: Error) => error.message.split('\n'));
 * message?.slice(1); // => ['  expected  1 inside, the others waiting', '  actual    3 inside']
 * ```
 */
export function checkLockContract(factory: LockFactory, options: LockContractOptions & SuiteOptions = {}): void {
  register('lock contract', lockContract(factory, options), options);
}
