// Run by runners.spec.ts with other runners than Jest, which have the same globals.
import { defer } from 'rxjs';
import { lastValue, resource, using } from 'rxscope';
import { startLeakCheck, testResources, testResourcesAsync, trackResources, type LeakCheck } from 'rxscope/testing';

let check: LeakCheck;
beforeEach(() => void (check = startLeakCheck()));
afterEach(() => check.finish());

it('draws a lifecycle', () => {
  testResources(({ cold, probe, expectObservable, expectLifecycle }) => {
    const db = probe('db', { acquire: '--(a|)', release: '---|' });
    expectObservable(using(db, () => cold('-x-y|'))).toBe('---x-y---|');
    expectLifecycle(db).toBe('a-^---!--|', 'complete');
  });
});

it('draws one that waits for promises', async () => {
  await testResourcesAsync(async ({ cold, probe, expectLifecycle }) => {
    const lock = probe('lock', { acquire: '-(a|)', release: '--|' });
    const session = resource(async function* () {
      yield await lastValue(using(lock, () => cold('-(s|)')));
    });
    expectLifecycle(lock).toBe('a^!-|', 'complete');
    await lastValue(using(session, (value) => [value]));
  });
});

it('finds no leak where everything is released', async () => {
  using tracker = trackResources({ stacks: true });
  const file = resource({ name: 'file', acquire: async () => 'text', release: async () => undefined });
  await lastValue(using(file, (text) => defer(async () => text.length)));
  tracker.assertNoLeaks();
});
