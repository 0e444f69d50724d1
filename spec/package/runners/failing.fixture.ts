// Run by runners.spec.ts alone: each test has to fail, and its runner has to show all that the kit says.
import { NEVER } from 'rxjs';
import { lastValue, resource, using } from 'rxscope';
import {
  resourceContract,
  startLeakCheck,
  testResources,
  testResourcesAsync,
  trackResources,
  type LeakCheck,
} from 'rxscope/testing';

it('draws a release too early', () => {
  testResources(({ cold, probe, expectObservable, expectLifecycle }) => {
    const db = probe('db', { acquire: '--(a|)', release: '---|' });
    expectObservable(using(db, () => cold('-x-y|'))).toBe('---x-y---|');
    expectLifecycle(db).toBe('a-^---!-|');
  });
});

it('draws one that waits for a promise too late', async () => {
  await testResourcesAsync(async ({ cold, probe, expectLifecycle }) => {
    const lock = probe('lock', { acquire: '-(a|)', release: '--|' });
    const session = resource(async function* () {
      yield await lastValue(using(lock, () => cold('-(s|)')));
    });
    expectLifecycle(lock).toBe('a^!---|');
    await lastValue(using(session, (value) => [value]));
  });
});

it('names a leak', () => {
  using tracker = trackResources({ stacks: true });
  const socket = resource({ name: 'socket', acquire: () => 1 });
  const subscription = using(socket, () => NEVER).subscribe(); // the leak
  try {
    tracker.assertNoLeaks();
  } finally {
    subscription.unsubscribe();
  }
});

it('breaks a contract', async () => {
  const cases = resourceContract(() => {
    const counter = { opened: 0 };
    const forgetful = resource({ acquire: () => ++counter.opened, release: () => undefined });
    return { resource: forgetful, opened: () => counter.opened, closed: () => 0 };
  });
  for (const { run } of cases) await run();
});

describe('hooks', () => {
  let check: LeakCheck;
  beforeEach(() => void (check = startLeakCheck()));
  afterEach(() => check.finish());

  it('find a leak', () => {
    using(resource({ name: 'forgotten', acquire: () => 1 }), () => NEVER).subscribe();
  });
});
