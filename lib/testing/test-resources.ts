import type { TestHelpers } from './helpers.js';
import { LifecycleError } from './lifecycle-error.js';
import { ResourceTest } from './resource-test.js';

/**
 * A marble test of resources: `TestScheduler#run` with RxJS's own helpers, and with probes, lifecycles, exits and leaks.
 *
 * Works with every test runner: what is wrong is thrown as a {@link LifecycleError} whose message shows both diagrams.
 *
 * **Guarantees.** At the end nothing that the test opened may be open, and no error may have gone to RxJS's
 * `config.onUnhandledError`, unless the test says so with `expectOpen()` or `expectUnhandled()`. What `expectObservable`
 * subscribed is torn down, also where the test fails, and the configuration of RxJS put back.
 *
 * **Promises** do not follow virtual time. A test in which an acquire, a body or a release answers one fails, and names it;
 * use {@link testResourcesAsync}. So does one whose callback answers a promise.
 *
 * **Blind spots.** A promise elsewhere in a stream (`from(promise)`) cannot be seen from here: it emits nothing. An
 * `expectObservable` without `toBe` compares nothing.
 *
 * @example
 * ```ts
 * import { use } from 'rxscope';
 * import { testResources } from 'rxscope/testing';
 *
 * testResources(({ cold, flush, probe, expectObservable, expectLifecycle }) => {
 *   const db = probe('db', { acquire: '--(a|)', release: '---|' });
 *   const rows = cold('                  -x-y|');
 *
 *   expectObservable(db.pipe(use(() => rows))).toBe('---x-y---|');
 *   expectLifecycle(db).toBe('                       a-^---!--|', 'complete');
 *
 *   flush(); // only where the test goes on: it is flushed and compared at its end anyway
 *   db.scopes.map(({ handle, exit }) => [handle, exit?.kind]); // => [['a', 'complete']]
 * });
 * ```
 */
export function testResources(callback: (helpers: TestHelpers) => void): void;
export function testResources(callback: (helpers: TestHelpers) => unknown): void {
  const test = ResourceTest.start();
  const { scheduler } = test;
  try {
    scheduler.run((given) => {
      try {
        refusePromise(callback(test.helpers(given)));
        scheduler.flush();
        test.waits.assertNoPromise();
        test.open.assertEnd(remedies);
      } catch (error) {
        const explained = test.waits.explain(error);
        leaveQuietly(test);
        throw test.unhandled.explain(explained);
      }
      scheduler.tearDown(); // what that releases takes its time when `run` flushes, as it does now
    });
    test.unhandled.assert();
  } finally {
    test.stop();
  }
}

const remedies = {
  held: 'Leave it: give expectObservable an unsubscription marble, or say expectOpen().toBe([…]).',
  waiting: 'Virtual time is over. What is still entering or exiting waits for something that never answers.',
};

function refusePromise(answer: unknown): void {
  if (typeof answer !== 'object' || answer === null || !('then' in answer)) return;
  void Promise.resolve(answer as PromiseLike<unknown>).catch(() => undefined); // it fails later for being refused here
  throw new LifecycleError(
    'The callback of testResources() answered a promise. What it expects after its first await would never be ' +
      'compared: use testResourcesAsync().',
  );
}

/** The test has failed already: what goes wrong in tearing down would only hide why. */
function leaveQuietly(test: ResourceTest): void {
  try {
    test.scheduler.tearDown();
    test.scheduler.drain();
  } catch {
    // see above
  }
}
