import { BehaviorSubject, concat, EMPTY, of, Subject, take, throwError, timer } from 'rxjs';
import {
  andThen,
  awaitRelease,
  fromValue,
  mapValue,
  openResources,
  resource,
  settled,
  suppress,
  switchResource,
  using,
} from '../../lib/index.js';
import { testResources } from '../../lib/testing/index.js';
import { takeUnhandledErrors } from '../../lib/testing/jest/index.js';
import { errorOf, raise } from '../support/failing.js';
import { describeError, Gate, inVirtualTime, Journal } from '../support/journal.js';
import { microtasks } from '../support/microtasks.js';

const boom = new Error('boom');
const release = new Error('release');

describe('switchResource', () => {
  describe('by default', () => {
    it('enters the new one after the old one is released, and emits each handle', () => {
      testResources(({ cold, probe, expectLifecycle, expectObservable }) => {
        const room = probe('room', { release: '---|' });
        const source = cold('    a---b').pipe(switchResource((name) => room.pipe(mapValue(() => name))));
        expectObservable(source, '----------!').toBe('a------b');
        expectLifecycle(room).toBe(['^---!--|', '-------^--!--|'], 'unsubscribe');
      });
    });

    it('stays synchronous where the resources are (law 17)', () => {
      const journal = new Journal();
      of('a', 'b')
        .pipe(switchResource((name) => journal.resource(name)))
        .subscribe(journal.observer())
        .unsubscribe();
      expect(journal.lines).toEqual(['+a', 'next a', '-a unsubscribe', '+b', 'next b', '-b unsubscribe']);
    });

    it('holds one at a time at most', () => {
      const journal = new Journal();
      const names = new Subject<string>();
      let [held, most] = [0, 0];
      const counting = (name: string) =>
        resource({
          acquire: () => {
            most = Math.max(most, ++held);
            return name;
          },
          release: () => (held -= 1),
        });
      const subscription = names.pipe(switchResource(counting)).subscribe(journal.observer());
      for (const name of ['a', 'b', 'c']) names.next(name);
      subscription.unsubscribe();
      expect([held, most]).toEqual([0, 1]);
    });

    it('counts only the latest of values that come while the old one is released', () => {
      testResources(({ cold, probe, expectLifecycle, expectObservable }) => {
        const room = probe('room', { release: '-----|' });
        const source = cold('    abcd').pipe(switchResource((name) => room.pipe(mapValue(() => name))));
        expectObservable(source, '--------!').toBe('a-----d');
        expectLifecycle(room).toBe(['^!----|', '------^-!----|'], 'unsubscribe');
      });
    });

    it('leaves one that is still being entered, and shows its handle to nobody (law 13)', () => {
      testResources(({ cold, probe, expectLifecycle, expectObservable }) => {
        const room = probe('room', { acquire: '----(r|)', release: '-|' });
        const source = cold('    ab').pipe(switchResource((name) => room.pipe(mapValue(() => name))));
        expectObservable(source, '----------!').toBe('---------b');
        expectLifecycle(room).toBe(['a---!|', '-----a---^!|'], 'unsubscribe');
      });
    });

    it('interrupts an interruptible acquire instead (law 13)', () => {
      testResources(({ cold, probe, expectLifecycle, expectObservable }) => {
        const room = probe('room', { acquire: ['-', '--(r|)'], interruptible: true });
        const source = cold('    ab').pipe(switchResource((name) => room.pipe(mapValue(() => name))));
        expectObservable(source, '----!').toBe('---b');
        expectLifecycle(room).toBe(['a|', '-a-^|'], ['none', 'unsubscribe']);
      });
    });

    it('gives project the value and its index', () => {
      const calls: [string, number][] = [];
      const project = (name: string, index: number) => {
        calls.push([name, index]);
        return fromValue(name);
      };
      of('a', 'b').pipe(switchResource(project)).subscribe().unsubscribe();
      expect(calls).toEqual([
        ['a', 0],
        ['b', 1],
      ]);
    });
  });

  describe('with overlap', () => {
    it('enters and emits the new one, then releases the old one with unsubscribe', () => {
      const journal = inVirtualTime((journal, { cold, hot }) => {
        const part = { acquire: () => timer(2), release: () => timer(3) };
        const source = cold('a----b').pipe(switchResource((name) => journal.resource(name, part), { overlap: true }));
        const subscription = source.subscribe(journal.observer());
        hot('------------x').subscribe(() => subscription.unsubscribe());
      });
      expect(journal.lines).toEqual([
        '0 +a',
        '2 +a ok',
        '2 next 0',
        '5 +b',
        '7 +b ok',
        '7 next 0',
        '7 -a unsubscribe',
        '10 -a ok',
        '12 -b unsubscribe',
        '15 -b ok',
      ]);
    });

    it('keeps the old one while a newer value takes the place of one that is being entered', () => {
      const journal = inVirtualTime((journal, { cold, hot }) => {
        const source = cold('abc').pipe(
          switchResource((name) => journal.resource(name, name === 'a' ? {} : { acquire: () => timer(4) }), {
            overlap: true,
          }),
        );
        const subscription = source.subscribe(journal.observer());
        hot('--------x').subscribe(() => subscription.unsubscribe());
      });
      expect(journal.lines).toEqual([
        '0 +a',
        '0 next a',
        '1 +b',
        '2 +c',
        '5 +b ok',
        '5 -b unsubscribe',
        '6 +c ok',
        '6 next 0',
        '6 -a unsubscribe',
        '8 -c unsubscribe',
      ]);
    });

    it('releases both when the consumer leaves while the new one is entered', () => {
      const journal = new Journal();
      const names = new BehaviorSubject('a');
      const pending = new Subject<string>();
      const subscription = names
        .pipe(
          switchResource((name) => journal.resource(name, name === 'a' ? {} : { acquire: () => pending }), {
            overlap: true,
          }),
        )
        .subscribe();
      names.next('b');
      subscription.unsubscribe();
      expect(journal.take()).toEqual(['+a', '+b', '-a unsubscribe']);
      pending.next('late');
      expect(journal.take().filter((line) => line !== '+b ok')).toEqual(['-b unsubscribe']);
    });

    it('releases the old one where entering the new one fails (law 11)', () => {
      const journal = new Journal();
      of('a', 'b')
        .pipe(
          switchResource((name) => journal.resource(name, name === 'a' ? {} : { acquire: () => raise(boom) }), {
            overlap: true,
          }),
        )
        .subscribe(journal.observer());
      expect(journal.lines).toEqual(['+a', 'next a', '+b', '-a error boom', 'error boom']);
    });
  });

  describe('when the source completes', () => {
    it('keeps the last one held until the consumer leaves', () => {
      const journal = new Journal();
      const subscription = of('a')
        .pipe(switchResource((name) => journal.resource(name)))
        .subscribe(journal.observer());
      expect(subscription.closed).toBe(false);
      expect(journal.take()).toEqual(['+a', 'next a']);
      subscription.unsubscribe();
      expect(journal.take()).toEqual(['-a unsubscribe']);
    });

    it('completes where there was no value', () => {
      const journal = new Journal();
      EMPTY.pipe(switchResource(() => journal.resource('a'))).subscribe(journal.observer());
      expect(journal.lines).toEqual(['complete']);
    });

    it('still enters the one that was waiting for a release', () => {
      testResources(({ cold, probe, expectLifecycle, expectObservable }) => {
        const room = probe('room', { release: '---|' });
        const source = cold('    a-(b|)').pipe(switchResource((name) => room.pipe(mapValue(() => name))));
        expectObservable(source, '-------!').toBe('a----b');
        expectLifecycle(room).toBe(['^-!--|', '-----^-!--|'], 'unsubscribe');
      });
    });

    it('completes where the last one came to nothing, because it suppressed its own failure (law 11)', () => {
      const failing = fromValue(1).pipe(
        suppress(Error),
        andThen(() => resource({ acquire: () => throwError(() => boom) })),
      );
      const journal = new Journal();
      of(1)
        .pipe(switchResource(() => failing))
        .subscribe(journal.observer());
      expect(journal.lines).toEqual(['complete']);
    });
  });

  describe('with an error', () => {
    it('of the source, releases with it and passes it on after the release (laws 3, 7)', () => {
      testResources(({ cold, probe, expectLifecycle, expectObservable }) => {
        const a = probe('a', { release: '---|' });
        expectObservable(cold('a-#', undefined, boom).pipe(switchResource(() => a))).toBe('a----#', undefined, boom);
        expectLifecycle(a).toBe('^-!--|', { kind: 'error', error: boom });
      });
    });

    it('of the source, passes it on at once where nothing is held', () => {
      const journal = new Journal();
      throwError(() => boom)
        .pipe(switchResource(() => journal.resource('a')))
        .subscribe(journal.observer());
      expect(journal.lines).toEqual(['error boom']);
    });

    it.each<[string, () => never, string]>([
      ['throws', () => raise(boom), 'boom'],
      ['answers no resource', () => of(1) as never, 'TypeError'],
    ])('of project, which %s, releases what is held', (_, broken, error) => {
      const journal = new Journal();
      const names = new BehaviorSubject('a');
      names
        .pipe(switchResource((name) => (name === 'a' ? journal.resource(name) : broken())))
        .subscribe(journal.observer());
      names.next('b');
      expect(names.observed).toBe(false);
      expect(journal.lines).toEqual(['+a', 'next a', `-a error ${error}`, `error ${error}`]);
    });

    it('of entering, ends the stream and leaves the source', () => {
      const journal = new Journal();
      const names = new BehaviorSubject('a');
      names
        .pipe(switchResource((name) => journal.resource(name, { acquire: () => raise(boom) })))
        .subscribe(journal.observer());
      expect(names.observed).toBe(false);
      expect(journal.lines).toEqual(['+a', 'error boom']);
    });

    it('of entering later, ends the stream', () => {
      testResources(({ cold, probe, expectObservable }) => {
        const a = probe('a', { acquire: '--#', acquireError: boom });
        expectObservable(cold('a').pipe(switchResource(() => a))).toBe('--#', undefined, boom);
      });
    });

    it('of a release between two, ends the stream without entering the next one (law 9)', () => {
      const journal = new Journal();
      of('a', 'b')
        .pipe(switchResource((name) => journal.resource(name, { release: () => raise(release) })))
        .subscribe(journal.observer());
      expect(journal.lines).toEqual(['+a', 'next a', '-a unsubscribe', 'error release']);
    });

    it('of a release under the error of the source, joins the two (law 9)', async () => {
      const source = concat(
        of('a'),
        throwError(() => boom),
      );
      const failing = resource({ acquire: () => 1, release: () => Promise.reject(release) });
      expect(describeError(await errorOf(source.pipe(switchResource(() => failing))))).toBe('S(release, boom)');
    });

    it('of a release with overlap, ends the stream and releases the new one', () => {
      const journal = new Journal();
      of('a', 'b')
        .pipe(
          switchResource((name) => journal.resource(name, name === 'a' ? { release: () => raise(release) } : {}), {
            overlap: true,
          }),
        )
        .subscribe(journal.observer());
      expect(journal.lines).toEqual([
        '+a',
        'next a',
        '+b',
        'next b',
        '-a unsubscribe',
        '-b error release',
        'error release',
      ]);
    });

    it('of a late acquire that was left, goes to onUnhandledError (law 13)', async () => {
      const pending = new Gate<string>();
      const names = new BehaviorSubject('a');
      const journal = new Journal();
      const subscription = names
        .pipe(switchResource((name) => resource({ acquire: () => (name === 'a' ? pending.promise : name) })))
        .subscribe(journal.observer());
      names.next('b');
      pending.fail(boom);
      await microtasks();
      expect(await takeUnhandledErrors()).toEqual([boom]);
      expect(journal.lines).toEqual(['next b']);
      subscription.unsubscribe();
    });
  });

  describe('unsubscribed', () => {
    it('releases what is held in the background, waited for by settled() (law 12)', async () => {
      const released = new Gate();
      const journal = new Journal();
      const source = of('a').pipe(
        switchResource((name) => journal.resource(name, { release: () => released.promise })),
      );
      source.subscribe().unsubscribe();
      const waiting = settled().then(() => journal.note('settled'));
      await microtasks();
      expect(journal.take()).toEqual(['+a', '-a unsubscribe']);
      released.open();
      await waiting;
      expect(journal.take()).toEqual(['-a ok', 'settled']);
    });

    it('is waited for by awaitRelease (law 16)', () => {
      testResources(({ cold, probe, expectLifecycle, expectObservable }) => {
        const a = probe('a', { release: '---|' });
        expectObservable(cold('a').pipe(switchResource(() => a), take(1), awaitRelease())).toBe('a--|'); // prettier-ignore
        expectLifecycle(a).toBe('!--|', 'unsubscribe');
      });
    });

    it('is waited for by an enclosing scope (law 4)', () => {
      testResources(({ cold, probe, expectLifecycle, expectObservable }) => {
        const [outer, inner] = [probe('outer'), probe('inner', { release: '---|' })];
        const body = () => cold('a').pipe(switchResource(() => inner));
        expectObservable(using(outer, body), '-!').toBe('a');
        expectLifecycle(inner).toBe('^!--|', 'unsubscribe');
        expectLifecycle(outer).toBe('^---|', 'unsubscribe');
      });
    });

    it('while the old one is released, enters nothing more', () => {
      const journal = new Journal();
      const released = new Subject<void>();
      const names = new BehaviorSubject('a');
      const subscription = names
        .pipe(switchResource((name) => journal.resource(name, { release: () => released })))
        .subscribe();
      names.next('b');
      subscription.unsubscribe();
      released.complete();
      expect(names.observed).toBe(false);
      expect(journal.lines).toEqual(['+a', '-a unsubscribe', '-a ok']);
    });

    it('inside the emission of a handle, releases it (law 15)', () => {
      const journal = new Journal();
      of('a', 'b', 'c')
        .pipe(
          switchResource((name) => journal.resource(name)),
          take(1),
        )
        .subscribe(journal.observer());
      expect(journal.lines).toEqual(['+a', 'next a', 'complete', '-a unsubscribe']);
    });

    it('leaves nothing in openResources()', () => {
      of('a')
        .pipe(switchResource(() => fromValue(1)))
        .subscribe()
        .unsubscribe();
      expect(openResources()).toEqual([]);
    });
  });

  it('refuses a missing project with a TypeError at the call', () => {
    expect(() => switchResource(undefined as never)).toThrow(TypeError);
    expect(() => switchResource(fromValue(1) as never)).toThrow(/project to be a function, received object/);
  });

  it('switches when the consumer itself brings the next value', () => {
    const journal = new Journal();
    const names = new BehaviorSubject('a');
    const subscription = names.pipe(switchResource((name) => journal.resource(name))).subscribe((handle) => {
      journal.note(`next ${handle}`);
      if (handle === 'a') names.next('b');
    });
    subscription.unsubscribe();
    expect(journal.lines).toEqual(['+a', 'next a', '-a unsubscribe', '+b', 'next b', '-b unsubscribe']);
  });

  it('switches ten thousand times without running out of stack (law 6)', () => {
    let [entered, exited] = [0, 0];
    const counted = resource({ acquire: () => ++entered, release: () => ++exited });
    of(...Array.from({ length: 10_000 }, (_, n) => n))
      .pipe(switchResource(() => counted))
      .subscribe()
      .unsubscribe();
    expect([entered, exited]).toEqual([10_000, 10_000]);
  });
});
