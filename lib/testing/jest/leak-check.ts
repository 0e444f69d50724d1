import { startLeakCheck, type LeakCheck, type LeakCheckOptions } from '../index.js';

/** The two hooks that the check is made of. Those of Jest and of Vitest fit. */
export interface TestHooks {
  beforeEach(this: void, hook: () => void): unknown;
  afterEach(this: void, hook: () => Promise<void>, timeout?: number): unknown;
}

/** What {@link leakCheck} is told. */
export interface LeakCheckSetup extends LeakCheckOptions {
  /** Default: the globals. Where Jest runs with `injectGlobals: false`, those of `@jest/globals`. */
  readonly hooks?: TestHooks;
}

/** How much longer than its limit the hook may take. */
const GRACE = 5000;

const KEY = /* @__PURE__ */ Symbol.for('rxscope.testing.checks.1');

/** The checks of the running test, the inner one last. Global: setup file and test may have a copy of this module each. */
function checks(): LeakCheck[] {
  const host = globalThis as { [KEY]?: LeakCheck[] | undefined };
  return (host[KEY] ??= []);
}

/**
 * Fails every test that leaves a scope open, a release running in the background, or an error that nobody handled. Call it
 * in a file of Jest's `setupFilesAfterEnv`, or in a `describe` for the tests in it. With the defaults, and together with
 * the matchers, `rxscope/testing/jest/setup` is such a file.
 *
 * **Guarantees.** A leak is charged to the test that made it only. The message names what is open and for how long, and
 * with `stacks` where it was opened. With `releases` a resource that was held and described without a release is one too.
 *
 * **Blind spots.** `afterEach` hooks at the top level of a file run after those of a setup file: clean up in the test, or
 * in an `afterEach` inside a `describe`. Tests of `test.concurrent` are charged with each other's leaks. RxJS reports
 * unhandled errors by `setTimeout`: where that is faked and not moved on, they are not seen. In jsdom with
 * `fakeTimers: { enableGlobally: true }` there is no real time to go by: the hook times out.
 *
 * **Errors.** `Error` where there are no hooks. Where `settleTimeout` is no duration, every test fails with a `RangeError`.
 *
 * @example
 * ```ts no-run: needs Jest's hooks
 * import { expect } from '@jest/globals'; // or the global one
 * import { leakCheck, matchers } from 'rxscope/testing/jest';
 *
 * expect.extend(matchers);
 * leakCheck({ stacks: true, settleTimeout: 1000 });
 * ```
 */
export function leakCheck({ hooks, ...options }: LeakCheckSetup = {}): void {
  const { beforeEach, afterEach } = (hooks ?? globalThis) as Partial<TestHooks>;
  if (typeof beforeEach !== 'function' || typeof afterEach !== 'function') {
    throw new Error(
      'leakCheck() found no beforeEach and no afterEach. Call it in a file of setupFilesAfterEnv, or hand them over as { hooks }.',
    );
  }
  let check: LeakCheck | null = null;
  beforeEach(() => {
    check = startLeakCheck(options);
    checks().push(check);
  });
  afterEach(
    async () => {
      const finished = check;
      check = null;
      if (finished === null) return;
      checks().splice(checks().indexOf(finished), 1);
      await finished.finish();
    },
    (options.settleTimeout ?? 0) + GRACE,
  );
}

/**
 * Lets the running test leave scopes open and releases running, and says why. Errors that nobody handles still fail it.
 * A test that leaves nothing after all does not fail.
 *
 * **Errors.** `TypeError` where the reason is empty; `Error` outside of a test that {@link leakCheck} watches.
 *
 * @example
 * ```ts no-run: needs Jest
 * import { afterAll, it } from '@jest/globals';
 * import { lease, resource, type Lease } from 'rxscope';
 * import { allowLeaks } from 'rxscope/testing/jest';
 *
 * const server = resource({ name: 'server', acquire: () => ({ port: 8080 }) });
 * let running: Lease<{ port: number }>;
 *
 * it('starts the server', async () => {
 *   allowLeaks('the server is for all tests');
 *   running = await lease(server);
 * });
 *
 * afterAll(() => running.release());
 * ```
 */
export function allowLeaks(reason: string): void {
  for (const check of running('allowLeaks')) check.allowLeaks(reason);
}

/**
 * Waits until nothing runs in the background any more, for `settleTimeout` at most, and resolves with the errors that
 * RxJS could deliver to nobody since the test began or since the last call. They do not fail the test any more.
 *
 * **Errors.** Rejects with an `Error` outside of a test that {@link leakCheck} watches.
 *
 * @example
 * ```ts no-run: needs Jest
 * import { expect, it } from '@jest/globals';
 * import { resource } from 'rxscope';
 * import { takeUnhandledErrors } from 'rxscope/testing/jest';
 *
 * const broken = resource({ acquire: () => 1, release: () => Promise.reject(new Error('cannot close')) });
 *
 * it('reports a release that fails after everybody has left', async () => {
 *   broken.subscribe().unsubscribe();
 *   expect(await takeUnhandledErrors()).toEqual([new Error('cannot close')]);
 * });
 * ```
 */
export async function takeUnhandledErrors(): Promise<readonly unknown[]> {
  return (await running('takeUnhandledErrors').at(-1)?.takeUnhandledErrors()) ?? [];
}

function running(caller: string): readonly LeakCheck[] {
  const open = checks();
  if (open.length > 0) return open;
  throw new Error(
    `${caller}() works inside a test that leakCheck() watches; rxscope/testing/jest/setup in setupFilesAfterEnv does so for all.`,
  );
}
