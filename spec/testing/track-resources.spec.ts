import { concatMap, NEVER, of, timer } from 'rxjs';
import { fromValue, named, resource, using as enter } from '../../lib/index.js';
import { shared } from '../../lib/core/engine/shared.js';
import { LifecycleError, testResources, trackResources, type ResourceTracker } from '../../lib/testing/index.js';

const socket = resource({ name: 'socket', acquire: () => 1 });

function leakOf(tracker: ResourceTracker): LifecycleError {
  try {
    tracker.assertNoLeaks();
  } catch (error) {
    if (error instanceof LifecycleError) return error;
    throw error;
  }
  throw new Error('Expected a leak.');
}

describe('trackResources', () => {
  it('knows what has been opened since and has not gone', () => {
    const before = socket.subscribe();
    const tracker = trackResources();
    const first = socket.subscribe();
    const second = enter(socket.pipe(named('second')), () => NEVER).subscribe();
    expect(tracker.open.map(({ name, state }) => `${name} ${state}`)).toEqual(['socket held', 'second held']);
    first.unsubscribe();
    expect(tracker.open.map(({ name }) => name)).toEqual(['second']);
    expect(tracker.open[0]?.openedAt).toBeNull();
    second.unsubscribe();
    before.unsubscribe();
    tracker.assertNoLeaks();
    tracker.stop();
  });

  it('names what is open and for how long', () => {
    testResources(({ expectObservable, expectOpen }) => {
      const tracker = trackResources();
      const opened = timer(100).pipe(concatMap(() => enter(socket, () => NEVER)));
      let leak: LifecycleError | undefined;
      timer(350).subscribe(() => {
        leak = leakOf(tracker);
        tracker.stop();
      });
      expectObservable(opened, '400ms !').toBe('');
      expectOpen('400ms |').toBe([]);
      timer(500).subscribe(() => {
        expect(leak?.message).toBe('1 resource is still open.\n  socket (held), open for 250 ms');
        expect(leak).toMatchObject({ expected: '', actual: 'socket (held)' });
      });
    });
  });

  it('tells where each was opened when asked, without the frames of RxJS and of this package', () => {
    const tracker = trackResources({ stacks: true });
    const openSocket = () =>
      of(1)
        .pipe(concatMap(() => enter(socket, () => NEVER)))
        .subscribe();
    const subscriptions = [openSocket(), openSocket()];
    const { message } = leakOf(tracker);
    tracker.stop();
    for (const subscription of subscriptions) subscription.unsubscribe();

    const [title, first, opener] = message.split('\n');
    expect(title).toBe('2 resources are still open.');
    expect(first).toMatch(/^ {2}socket \(held\), open for \d+ ms, opened$/);
    expect(opener).toMatch(/^ {4}at openSocket \(.*track-resources\.spec\.ts:\d+:\d+\)$/);
    expect(message).not.toMatch(/node_modules\/rxjs|main\/lib\//);
  });

  it('forgets everything when it is stopped', () => {
    const { watchers } = shared;
    const tracker = trackResources();
    const subscription = socket.subscribe();
    tracker.stop();
    expect(tracker.open).toEqual([]);
    fromValue(1).subscribe().unsubscribe();
    expect(tracker.open).toEqual([]);
    subscription.unsubscribe();
    expect(shared.watchers).toEqual(watchers);
  });

  it('is stopped by using', () => {
    const { watchers } = shared;
    {
      using tracker = trackResources();
      expect(tracker.open).toEqual([]);
      expect(shared.watchers).not.toEqual(watchers);
    }
    expect(shared.watchers).toEqual(watchers);
  });
});
