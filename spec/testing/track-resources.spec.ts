import { concatMap, NEVER, of, timer } from 'rxjs';
import { andThen, combine, fromValue, named, resource, using as enter, type Resource } from '../../lib/index.js';
import { shared } from '../../lib/core/engine/shared.js';
import {
  LifecycleError,
  testResources,
  trackResources,
  type Probe,
  type ResourceTracker,
} from '../../lib/testing/index.js';

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

  it('tells which resource a scope waits for that enters several', () => {
    const seen: string[] = [];
    testResources(({ probe }) => {
      const tracker = trackResources();
      const look = () => seen.push(...leakOf(tracker).message.split('\n').slice(1));
      const [db, row] = ['db', 'row'].map((name) => probe(name, { acquire: '--(a|)', release: '--|' })) as [Probe<string>, Probe<string>]; // prettier-ignore
      const subscription = db.pipe(andThen(() => row)).subscribe();
      for (const frame of [1, 3, 5, 7, 9]) timer(frame).subscribe(look);
      timer(6).subscribe(() => subscription.unsubscribe());
      timer(11).subscribe(() => tracker.stop());
    });
    expect(seen).toEqual([
      '  db (entering), open for 1 ms',
      '  db (entering row), open for 3 ms',
      '  db (held), open for 5 ms',
      '  db (exiting row), open for 7 ms',
      '  db (exiting), open for 9 ms',
    ]);
  });

  describe('with releases', () => {
    const forgotten = (name: string) => resource({ name, acquire: () => name });
    const hold = (...sources: Resource<unknown>[]): void => {
      for (const source of sources) source.subscribe().unsubscribe();
    };
    const namesIn = (tracker: ResourceTracker): string[] => tracker.unreleased.map(({ name }) => name);

    it('names what was held without a release, once for each name', () => {
      using tracker = trackResources({ releases: true });
      const both = combine([forgotten('a'), resource({ name: 'b', acquire: () => 1, release: () => undefined })]);
      hold(both, forgotten('a'), forgotten('c'), fromValue(1));
      expect(tracker.unreleased).toEqual([
        { name: 'a', scope: 'combine(a, b)', openedAt: null },
        { name: 'c', scope: 'c', openedAt: null },
      ]);
      const leak = leakOf(tracker);
      expect(leak.message.split('\n')).toEqual([
        '2 resources were held, and described without a release.',
        '  a (in combine(a, b))',
        '  c',
      ]);
      expect(leak).toMatchObject({ expected: '', actual: 'a (no release)\nc (no release)' });
    });

    it('names what is open as well', () => {
      using tracker = trackResources({ releases: true });
      hold(forgotten('a'));
      const subscription = socket.subscribe();
      expect(
        leakOf(tracker)
          .message.replace(/\d+ ms/, 'N ms')
          .split('\n'),
      ).toEqual([
        ...['1 resource is still open.', '  socket (held), open for N ms'],
        ...['1 resource was held, and described without a release.', '  a'],
      ]);
      subscription.unsubscribe();
    });

    it('lets pass what it is told to', () => {
      using tracker = trackResources({ releases: { except: ['settings', 'clock'] } });
      hold(forgotten('settings'), forgotten('clock'));
      tracker.assertNoLeaks();
      hold(forgotten('clocks'));
      expect(namesIn(tracker)).toEqual(['clocks']);
    });

    it('tells where it was opened when asked', () => {
      using tracker = trackResources({ releases: true, stacks: true });
      const openCache = () => hold(forgotten('cache'));
      openCache();
      const [, line, , opener] = leakOf(tracker).message.split('\n');
      expect(line).toBe('  cache, opened');
      expect(opener).toMatch(/^ {4}at openCache \(.*track-resources\.spec\.ts:\d+:\d+\)$/);
    });

    it('does not charge what was opened before, and forgets everything when it is stopped', () => {
      const before = forgotten('before').subscribe();
      const tracker = trackResources({ releases: true });
      before.unsubscribe();
      expect(tracker.unreleased).toEqual([]);
      hold(forgotten('a'));
      expect(namesIn(tracker)).toEqual(['a']);
      tracker.stop();
      hold(forgotten('b'));
      expect(tracker.unreleased).toEqual([]);
    });

    it('asks for none where it is not told to', () => {
      for (const options of [{}, { releases: false }]) {
        using tracker = trackResources(options);
        hold(forgotten('a'));
        tracker.assertNoLeaks();
        expect(tracker.unreleased).toEqual([]);
      }
    });

    it.each([{}, { except: 'settings' }, 'settings'])('refuses releases: %j', (releases) => {
      const { watchers } = shared;
      expect(() => trackResources({ releases: releases as never })).toThrow(
        new TypeError("Expected releases to be a boolean or { except: ['a name'] }."),
      );
      expect(shared.watchers).toBe(watchers);
    });
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
