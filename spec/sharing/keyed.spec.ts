import { mergeMap, of, take, throwError, timer } from 'rxjs';
import { fromValue, lastValue, orElse, resource, retryAcquire, use, using, type Resource } from '../../lib/index.js';
import { keyed, Keyed } from '../../lib/sharing/index.js';
import { testResources, testResourcesAsync } from '../../lib/testing/index.js';
import { raise } from '../support/failing.js';
import { inVirtualTime, Journal, notificationsOf } from '../support/journal.js';
import { openMap } from './support/open-map.js';

// What sharing promises is in laws/law-30.spec.ts, closing in laws/law-31-shared.spec.ts, capacity in room.spec.ts.
describe('keyed', () => {
  const boom = new Error('boom');

  it('is a resource: nothing happens before it is entered, and only where it is used', () => {
    const journal = new Journal();
    const files = keyed((name: string) => journal.resource(name));
    expect(files.name).toBe('keyed');
    const got: Resource<string>[] = [];
    using(files, (map) => {
      expect(map).toBeInstanceOf(Keyed);
      got.push(map.get('a'), map.refresh('a'));
      return of(1);
    }).subscribe();
    expect(got.map(({ name }) => name)).toEqual(['keyed(a)', 'keyed(a)']);
    expect(journal.lines).toEqual([]);
  });

  it.each<[unknown, string]>([
    [1, 'keyed(1)'],
    [null, 'keyed(null)'],
    [undefined, 'keyed(undefined)'],
    [Symbol('s'), 'keyed(Symbol(s))'],
    [10n, 'keyed(10)'],
    [{ id: 1 }, 'keyed(object)'],
    [Object.create(null), 'keyed(object)'],
    [() => 1, 'keyed(function)'],
  ])('names the resource of a key without looking into it: %p', (key, name) => {
    const names: string[] = [];
    using(
      keyed<unknown, number>(() => fromValue(1)),
      (map) => of(names.push(map.get(key).name)),
    ).subscribe();
    expect(names).toEqual([name]);
  });

  it('makes one instance for each key, in virtual time', () => {
    testResources(({ cold, probe, expectObservable, expectLifecycle, expectExit }) => {
      const a = probe('a', { acquire: '--(a|)', release: '--|' });
      const b = probe('b', { acquire: '-(b|)', release: '-|' });
      const map = keyed((key: string) => (key === 'a' ? a : b));
      const work = using(map, (files) =>
        cold('a-b-a---|').pipe(mergeMap((key) => files.get(key).pipe(use((handle) => cold('---(h|)', { h: handle }))))),
      );
      expectObservable(work).toBe('-----aba-|');
      expectLifecycle(a).toBe('a-^----!-|', 'complete');
      expectLifecycle(b).toBe('--a^--!|');
      expectExit(b).toBe('complete');
    });
  });

  it('tells keys apart as a Map does', () => {
    const journal = new Journal();
    const { map, leave } = openMap(journal);
    const keys = [NaN, 0, '0'] as unknown as string[];
    const users = [...keys, NaN, -0].map((key) => map.get(key as string).subscribe());
    expect(journal.lines).toHaveLength(3);
    expect(map.keys).toEqual(keys);
    for (const user of users) user.unsubscribe();
    leave();
  });

  it('with keyOf tells them apart by what that answers; the factory and `keys` get the first of those that are the same', () => {
    interface Place {
      readonly host: string;
      readonly port: number;
      readonly note?: string;
    }
    const journal = new Journal();
    const places = keyed((place: Place) => journal.resource(`${place.host}:${place.port} ${place.note ?? ''}`), {
      keyOf: ({ host, port }) => `${host}:${port}`,
    });
    using(places, (map) => {
      const users = [
        map.get({ host: 'a', port: 1, note: 'first' }).subscribe(),
        map.get({ host: 'a', port: 1, note: 'second' }).subscribe(),
        map.get({ host: 'a', port: 2 }).subscribe(),
      ];
      expect(map.keys).toEqual([{ host: 'a', port: 1, note: 'first' }, { host: 'a', port: 2 }]); // prettier-ignore
      map.invalidate({ host: 'a', port: 1 });
      expect(map.keys).toEqual([{ host: 'a', port: 2 }]);
      for (const user of users) user.unsubscribe();
      return of(1);
    }).subscribe();
    expect(journal.lines.filter((line) => line.startsWith('+'))).toEqual(['+a:1 first', '+a:2 ']);
  });

  it.each<[string, () => unknown, string]>([
    ['the factory throws', () => raise(boom), 'boom'],
    ['the factory answers no resource', () => of(1), 'Expected a Resource'],
  ])('where %s, that is the failure of who came; nothing is left behind', (_, factory, message) => {
    const told: string[] = [];
    using(
      keyed<string, number>(() => factory() as Resource<number>),
      (map) => {
        map.get('a').subscribe({ error: (error: unknown) => told.push((error as Error).message) });
        told.push(...map.keys);
        expect(map.stats().instances).toEqual([]);
        return of(1);
      },
    ).subscribe();
    expect(told).toEqual([expect.stringContaining(message)]);
  });

  it('where keyOf throws, so does what was asked, or who came is told', () => {
    using(
      keyed<string, number>(() => fromValue(1), {
        keyOf: () => raise(boom),
      }),
      (map) => {
        expect(notificationsOf(map.get('a'))).toEqual(['error boom']);
        expect(() => {
          map.invalidate('a');
        }).toThrow(boom);
        expect(() => {
          map.touch('a');
        }).toThrow(boom);
        return of(1);
      },
    ).subscribe();
  });

  it('calls the factory once for each instance, and idleTimeout with the key', () => {
    const calls: string[] = [];
    const { lines } = inVirtualTime((journal, { flush }) => {
      const files = keyed((key: string) => (calls.push(`factory ${key}`), journal.resource(key)), {
        idleTimeout: (key) => (calls.push(`idle ${key}`), Number(key)),
      });
      using(files, (map) => {
        for (const key of ['10', '0', '5']) for (let i = 0; i < 2; i++) map.get(key).subscribe().unsubscribe();
        return timer(20);
      }).subscribe();
      flush();
    });
    expect(calls).toEqual(['10', '0', '0', '5'].flatMap((key) => [`factory ${key}`, `idle ${key}`]));
    expect(lines).toEqual(['0 +10', '0 +0', '0 -0 unsubscribe', '0 +0', '0 -0 unsubscribe', '0 +5', '5 -5 complete', '10 -10 complete']); // prettier-ignore
  });

  describe('composes with error policies', () => {
    it('retryAcquire in the factory tries again for all who wait', () => {
      let tries = 0;
      const flaky = resource({ acquire: () => (++tries < 3 ? raise(boom) : tries) });
      using(
        keyed<string, number>(() => flaky.pipe(retryAcquire({ count: 5 }))),
        (map) => {
          expect(notificationsOf(map.get('a').pipe(take(1)))).toEqual(['next 3', 'complete']);
          return of(1);
        },
      ).subscribe();
    });

    it('orElse in the factory keeps a failure for as long as anything else is kept', () => {
      const { lines } = inVirtualTime((journal, { flush }) => {
        const failing = (key: string): Resource<unknown> =>
          journal.resource(key, { acquire: () => throwError(() => boom) }).pipe(orElse((error) => fromValue(error)));
        using(keyed(failing, { idleTimeout: 10 }), (map) => {
          for (const at of [0, 5, 16]) timer(at).subscribe(() => map.get('a').pipe(take(1)).subscribe(journal.observer())); // prettier-ignore
          return timer(20);
        }).subscribe();
        flush();
      });
      expect(lines.filter((line) => line.endsWith('+a'))).toEqual(['0 +a', '16 +a']);
      expect(lines.filter((line) => line.includes('next'))).toHaveLength(3);
    });
  });

  it('with `overlap` enters a new one while the old one is still released (K4)', () => {
    const { lines } = inVirtualTime((journal, { flush }) => {
      const { map, leave } = openMap(journal, { release: () => timer(5) }, { overlap: true });
      map.get('a').pipe(use(() => timer(1))).subscribe(); // prettier-ignore
      timer(3).subscribe(() => map.get('a').pipe(take(1)).subscribe());
      timer(9).subscribe(leave);
      flush();
    });
    expect(lines).toEqual(['0 +a', '1 -a complete', '3 +a', '3 -a unsubscribe', '6 -a ok', '8 -a ok']);
  });

  it('with promises one acquire serves all who come at once (K1)', async () => {
    await testResourcesAsync(async () => {
      let opened = 0;
      const files = keyed((key: string) => resource({ acquire: async () => `${key}${String(++opened)}` }));
      const handles = await lastValue(
        using(files, async (map) =>
          Promise.all(Array.from({ length: 100 }, () => lastValue(map.get('a').pipe(use(async (handle) => handle))))),
        ),
      );
      expect(new Set(handles)).toEqual(new Set(['a1']));
    });
  });

  it('in the body of one key another one may be used, and the same one', () => {
    const journal = new Journal();
    const { map, leave } = openMap(journal);
    const nested = using(map.get('a'), () => using(map.get('b'), () => using(map.get('a'), (a) => of(a))));
    expect(notificationsOf(nested)).toEqual(['next a', 'complete']);
    expect(journal.take()).toEqual(['+a', '+b', '-b complete', '-a complete']);
    leave();
    expect(notificationsOf(map.get('a'))).toEqual(['error ClosedError']);
  });
});
