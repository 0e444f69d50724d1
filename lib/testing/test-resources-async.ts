import type { RunHelpers } from 'rxjs/testing';

import { settled } from '../core/index.js';
import { Driver } from './drive.js';
import type { AsyncTestHelpers } from './helpers.js';
import { LifecycleError } from './lifecycle-error.js';
import { ResourceTest } from './resource-test.js';
import { turn } from './turn.js';

/**
 * The same as `testResources` for what is made of promises: `async` functions, async generators, `lease`, `ExitStack`.
 *
 * Virtual time goes on when everything waits. Between two frames the event loop has a turn, so that every promise settles
 * that needs nothing from outside, in the frame in which it can. Diagrams count from the beginning of the test. The callback may be `async`: while it awaits, virtual
 * time goes on, and what it expects later is compared too. `flush()` awaits the end of what is scheduled.
 *
 * **Guarantees.** Those of `testResources`, and that no release runs in the background any more (`settled()`), that of an
 * iterator included.
 *
 * **Blind spots.** Real timers, files and sockets are outside of virtual time; a test that waits for one fails. Only
 * RxJS's clocks are virtual. While the test runs they are so for everything in the process: run such tests one by one.
 *
 * @example
 * ```ts
 * import { lastValue, resource, using } from 'rxscope';
 * import { testResourcesAsync } from 'rxscope/testing';
 *
 * await testResourcesAsync(async ({ cold, probe, expectLifecycle, expectObservable, flush }) => {
 *   const db = probe('db', { acquire: '--(a|)', release: '---|' });
 *   const session = resource(async function* () {
 *     yield await lastValue(using(db, () => cold('-(s|)')));
 *   });
 *
 *   expectObservable(using(session, (value) => [value])).toBe('------(s|)');
 *   expectLifecycle(db).toBe('a-^!--|', 'complete');
 *
 *   await flush(); // only where the test goes on: it is flushed and compared at its end anyway
 *   db.scopes.map(({ exit }) => exit?.kind); // => ['complete']
 * });
 * ```
 */
export async function testResourcesAsync(callback: (helpers: AsyncTestHelpers) => unknown): Promise<void> {
  const wasSettled = await isSettled();
  const test = ResourceTest.start(true);
  try {
    const given = test.scheduler.begin();
    try {
      await run(test, given, callback);
      if (wasSettled && test.open.isClean && !(await isSettled())) throw unsettled();
    } finally {
      test.scheduler.end();
    }
    test.unhandled.assert();
  } finally {
    test.stop();
  }
}

async function run(test: ResourceTest, given: RunHelpers, callback: (helpers: AsyncTestHelpers) => unknown) {
  const driver = new Driver(test.scheduler);
  const helpers: AsyncTestHelpers = { ...test.helpers(given), flush: () => driver.flush() };
  try {
    await driver.drive(started(() => callback(helpers)));
    test.scheduler.compare();
    test.open.assertEnd(remedies);
  } catch (error) {
    await leave(test, driver).catch(() => undefined); // the test has failed already, this would only hide why
    throw test.unhandled.explain(error);
  }
  await leave(test, driver);
}

const remedies = {
  held: 'Leave it: unsubscribe, give expectObservable an unsubscription marble, or say expectOpen().toBe([…]).',
  waiting:
    'Virtual time is over. What is still entering or exiting waits for something outside of it (a real timer, a file, a ' +
    'socket), or for something that never answers.',
};

/** What it throws at once is a rejection too. */
async function started(callback: () => unknown): Promise<void> {
  await callback();
}

function leave(test: ResourceTest, driver: Driver): Promise<void> {
  test.scheduler.tearDown();
  return driver.drive(Promise.resolve());
}

async function isSettled(): Promise<boolean> {
  let isDone = false;
  void settled().then(() => (isDone = true));
  await turn();
  return isDone;
}

function unsettled(): LifecycleError {
  return new LifecycleError(
    'Something still runs in the background: a release, an acquire or the return() of an iterator, left by its consumer.',
  );
}
