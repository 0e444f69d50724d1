import { NEVER, of, Subject, throwError } from 'rxjs';
import {
  combine,
  fromValue,
  lastValue,
  openResources,
  resource,
  use,
  using,
  type CombineOptions,
  type Resource,
} from '../../lib/index.js';
import { testResources, type Probe } from '../../lib/testing/index.js';
import { takeUnhandledErrors } from '../../lib/testing/jest/index.js';
import { errorOf, raise, waysToFail } from '../support/failing.js';
import { describeError, inVirtualTime, Journal, notificationsOf } from '../support/journal.js';

const boom = new Error('boom');

const ways: readonly (readonly [string, CombineOptions])[] = [
  ['by default', {}],
  ['entering concurrently', { concurrent: true }],
  ['releasing concurrently', { concurrentRelease: true }],
  ['doing both concurrently', { concurrent: true, concurrentRelease: true }],
];

describe('combine', () => {
  describe.each(ways)('%s', (_, options) => {
    it('answers an array with the handles in order', async () => {
      await expect(
        lastValue(combine([fromValue(1), fromValue('b')], options).pipe(use((handles) => [handles]))),
      ).resolves.toEqual([1, 'b']);
    });

    it('answers a record with the handles by name', async () => {
      const both = combine({ host: fromValue('db'), port: fromValue(5432) }, options);
      await expect(lastValue(both.pipe(use((handles) => [handles])))).resolves.toEqual({ host: 'db', port: 5432 });
    });

    it('takes none', async () => {
      await expect(lastValue(combine([], options).pipe(use((handles) => [handles])))).resolves.toEqual([]);
      await expect(lastValue(combine({}, options).pipe(use((handles) => [handles])))).resolves.toEqual({});
    });

    it('enters in order and releases in reverse (law 4)', () => {
      const journal = new Journal();
      const both = combine([journal.resource('a'), journal.resource('b'), journal.resource('c')], options);
      using(both, (handles) => [handles.join('')]).subscribe(journal.observer());
      expect(journal.lines).toEqual([
        '+a',
        '+b',
        '+c',
        'next abc',
        '-c complete',
        '-b complete',
        '-a complete',
        'complete',
      ]);
    });

    it('stays synchronous where all are (law 17)', () => {
      const both = combine([fromValue(1), fromValue(2)], options);
      expect(notificationsOf(using(both, ([a, b]) => of(a + b)))).toEqual(['next 3', 'complete']);
    });

    it('makes an array of its own for each scope (law 5)', () => {
      const both = combine([fromValue(1)], options);
      const seen: unknown[] = [];
      for (let n = 0; n < 2; n++) both.subscribe((handles) => seen.push(handles)).unsubscribe();
      expect(seen).toEqual([[1], [1]]);
      expect(seen[0]).not.toBe(seen[1]);
    });

    it('tells all of them the exit (law 7)', () => {
      const journal = new Journal();
      const both = combine([journal.resource('a'), journal.resource('b')], options);
      using(both, () => throwError(() => boom)).subscribe(journal.observer());
      expect(journal.lines).toEqual(['+a', '+b', '-b error boom', '-a error boom', 'error boom']);
    });

    it.each(waysToFail(boom))(
      'releases the others where one fails to enter: its acquire %s (law 11)',
      async (__, acquire) => {
        const journal = new Journal();
        const both = combine([journal.resource('a'), resource({ acquire })], options);
        expect(await errorOf(using(both, () => ['body']))).toBe(boom);
        expect(journal.lines).toEqual(['+a', '-a error boom']);
      },
    );

    it('runs all releases where one fails, and joins their errors in order (laws 9, 10)', async () => {
      const journal = new Journal();
      const failing = (name: string): Resource<string> =>
        journal.resource(name, { release: () => raise(new Error(name)) });
      const all = combine([failing('a'), journal.resource('b'), failing('c')], options);
      expect(describeError(await errorOf(using(all, () => of(1))))).toBe('S(a, c)');
      expect(journal.lines.map((line) => line.slice(0, 2))).toEqual(['+a', '+b', '+c', '-c', '-b', '-a']);
    });

    it('releases all when the consumer leaves while held, once (laws 1, 12)', () => {
      const journal = new Journal();
      using(combine([journal.resource('a'), journal.resource('b')], options), () => NEVER)
        .subscribe()
        .unsubscribe();
      expect(journal.lines).toEqual(['+a', '+b', '-b unsubscribe', '-a unsubscribe']);
      expect(openResources()).toEqual([]);
    });

    it('reports failing releases joined, once, when the consumer has left (laws 10, 12)', async () => {
      const failing = (name: string): Resource<number> =>
        resource({ acquire: () => 1, release: () => raise(new Error(name)) });
      combine([failing('a'), failing('b')], options)
        .subscribe()
        .unsubscribe();
      expect((await takeUnhandledErrors()).map(describeError)).toEqual(['S(a, b)']);
    });

    it('releases what comes late when the consumer leaves while entering, in reverse (laws 4, 13)', () => {
      const journal = new Journal();
      const pending = new Subject<string>();
      const slow = journal.resource('b', { acquire: () => pending });
      using(combine([journal.resource('a'), slow], options), () => ['body'])
        .subscribe(journal.observer())
        .unsubscribe();
      pending.next('late');
      expect(journal.lines.filter((line) => line !== '+b ok')).toEqual([
        '+a',
        '+b',
        '-b unsubscribe',
        '-a unsubscribe',
      ]);
      expect(openResources()).toEqual([]);
    });

    it('lets a member suppress the error of the body (law 8)', () => {
      const lenient = resource({ acquire: () => 1, exit: () => true });
      expect(notificationsOf(using(combine([lenient, fromValue(2)], options), () => throwError(() => boom)))).toEqual([
        'complete',
      ]);
    });

    it('ends where a member is lost (law 29)', () => {
      const death = new Subject<void>();
      const journal = new Journal();
      const both = combine([journal.resource('a', { lost: () => death }), journal.resource('b')], options);
      using(both, () => NEVER).subscribe(journal.observer());
      death.next();
      expect(journal.lines).toEqual([
        '+a',
        '+b',
        '-b error ResourceLostError',
        '-a error ResourceLostError',
        'error ResourceLostError',
      ]);
    });

    it('takes the same resource twice, entered twice (law 5)', () => {
      let count = 0;
      const one = resource({ acquire: () => ++count });
      expect(notificationsOf(using(combine([one, one], options), (handles) => of(handles.join())))).toEqual([
        'next 1,2',
        'complete',
      ]);
    });

    it('takes ten thousand (law 6)', () => {
      let [entered, exited] = [0, 0];
      const one = resource({ acquire: () => ++entered, release: () => ++exited });
      const all = combine(Array.from({ length: 10_000 }, () => one), options); // prettier-ignore
      expect(notificationsOf(using(all, (handles) => of(handles.length)))).toEqual(['next 10000', 'complete']);
      expect([entered, exited]).toEqual([10_000, 10_000]);
    });
  });

  describe('by default', () => {
    it('enters each after the one before, and releases likewise (laws 4, 18)', () => {
      testResources(({ cold, probe, expectLifecycle, expectObservable }) => {
        const [a, b] = [probe('a', { acquire: '--(a|)', release: '---|' }), probe('b', { acquire: '--(b|)', release: '---|' })]; // prettier-ignore
        expectObservable(using(combine([a, b]), () => cold('-|'))).toBe('-----------|');
        expectLifecycle(a).toBe('a-^-----!--|', 'complete');
        expectLifecycle(b).toBe('--a-^!--|', 'complete');
      });
    });

    it('enters nothing after the one that failed (law 11)', () => {
      const journal = new Journal();
      combine([journal.resource('a'), resource({ acquire: () => raise(boom) }), journal.resource('c')]).subscribe(
        journal.observer(),
      );
      expect(journal.lines).toEqual(['+a', '-a error boom', 'error boom']);
    });

    it('lets an earlier member suppress the failure of a later one (law 11)', () => {
      const lenient = resource({ acquire: () => 1, exit: () => true });
      expect(notificationsOf(combine([lenient, resource({ acquire: () => raise(boom) })]))).toEqual(['complete']);
    });
  });

  describe('with concurrent', () => {
    it('enters all at once (law 18)', () => {
      testResources(({ cold, probe, expectLifecycle, expectObservable }) => {
        const [a, b] = [probe('a', { acquire: '--(a|)', release: '-|' }), probe('b', { acquire: '-----(b|)', release: '-|' })]; // prettier-ignore
        expectObservable(using(combine([a, b], { concurrent: true }), () => cold('x|'))).toBe('-----x--|');
        expectLifecycle(a).toBe('a-^----!|', 'complete');
        expectLifecycle(b).toBe('a----^!|', 'complete');
      });
    });

    it('keeps the order of the handles, whichever comes first', () => {
      testResources(({ probe, expectObservable }) => {
        const [slow, fast] = [probe('slow', { acquire: '---(a|)' }), probe('fast', { acquire: '-(b|)' })];
        const both = combine([slow, fast], { concurrent: true });
        expectObservable(using(both, (handles) => of(handles.join('')))).toBe('---(x|)', { x: 'ab' });
      });
    });

    it('waits for all to settle where one fails, then releases those that succeeded (law 11)', () => {
      testResources(({ probe, expectLifecycle, expectObservable }) => {
        const failing = probe('failing', { acquire: '-#', acquireError: boom });
        const slow = probe('slow', { acquire: '----(s|)', release: '--|' });
        expectObservable(combine([failing, slow], { concurrent: true })).toBe('------#', undefined, boom);
        expectLifecycle(slow).toBe('a---!-|', { kind: 'error', error: boom });
      });
    });

    it('joins several failures, the later with the earlier (law 11)', () => {
      const journal = inVirtualTime((journal, { cold }) => {
        const [early, late] = ['-#', '---#'].map((marbles, n) =>
          resource({ acquire: () => cold<never>(marbles, undefined, new Error(n === 0 ? 'early' : 'late')) }),
        );
        combine([late as Resource<never>, early as Resource<never>], { concurrent: true }).subscribe(
          journal.observer(),
        );
      });
      expect(journal.lines).toEqual(['3 error S(late, early)']);
    });

    it('waits for those that are entering when the consumer leaves, then releases all in reverse (laws 4, 13)', () => {
      testResources(({ probe, expectLifecycle, expectObservable }) => {
        const [a, b] = [probe('a', { acquire: '--(a|)', release: '-|' }), probe('b', { acquire: '------(b|)', release: '-|' })]; // prettier-ignore
        expectObservable(combine([a, b], { concurrent: true }), '---!').toBe('');
        expectLifecycle(a).toBe('a-^----!|', 'unsubscribe');
        expectLifecycle(b).toBe('a-----!|', 'unsubscribe');
      });
    });

    it('releases the rest where one is lost while the others are still entered (law 29)', () => {
      const death = new Subject<void>();
      const pending = new Subject<string>();
      const journal = new Journal();
      const a = journal.resource('a', { lost: () => death });
      const b = journal.resource('b', { acquire: () => pending });
      combine([a, b], { concurrent: true }).subscribe(journal.observer());
      death.next();
      pending.next('late');
      const lines = journal.lines.filter((line) => line !== '+b ok');
      expect(lines).toEqual([
        '+a',
        '+b',
        '-a error ResourceLostError',
        '-b error ResourceLostError',
        'error ResourceLostError',
      ]);
    });
  });

  describe('with concurrentRelease', () => {
    it('starts all releases at once, in reverse order, and waits for all (law 4)', () => {
      const released: Probe<string>[] = [];
      testResources(({ cold, probe, expectLifecycle, expectObservable }) => {
        const [a, b] = [probe('a', { release: '--|' }), probe('b', { release: '-----|' })];
        expectObservable(using(combine([a, b], { concurrentRelease: true }), () => cold('x|'))).toBe('x-----|');
        expectLifecycle(a).toBe('^!-|', 'complete');
        expectLifecycle(b).toBe('^!----|', 'complete');
        released.push(a, b);
      });
      const [a = -1, b = -1] = released.map(
        ({ scopes }) => scopes[0]?.events.find(({ symbol }) => symbol === '!')?.order,
      );
      expect(b).toBeLessThan(a);
    });

    it('joins the errors in that order, whichever comes first (law 4)', () => {
      const journal = inVirtualTime((journal, { cold }) => {
        const failing = (name: string, marbles: string): Resource<number> =>
          resource({ acquire: () => 1, release: () => cold<never>(marbles, undefined, new Error(name)) });
        const both = combine([failing('a', '-#'), failing('b', '---#')], { concurrentRelease: true });
        using(both, () => throwError(() => boom)).subscribe(journal.observer());
      });
      expect(journal.lines).toEqual(['3 error S(a, S(b, boom))']);
    });

    it('starts all where one throws at once', () => {
      const journal = new Journal();
      const throwing = journal.resource('b', { release: () => raise(new Error('b')) });
      using(combine([journal.resource('a'), throwing], { concurrentRelease: true }), () => of(1)).subscribe(
        journal.observer(),
      );
      expect(journal.lines).toEqual(['+a', '+b', 'next 1', '-b complete', '-a complete', 'error b']);
    });

    it('releases one by one where entering fails: the whole is not held yet (law 11)', () => {
      const journal = new Journal();
      const failing = resource({ acquire: () => raise(boom) });
      combine([journal.resource('a'), journal.resource('b'), failing], { concurrentRelease: true }).subscribe(
        journal.observer(),
      );
      expect(journal.lines).toEqual(['+a', '+b', '-b error boom', '-a error boom', 'error boom']);
    });
  });

  it('is named after its members, up to three', () => {
    const [a, b, c, d] = ['a', 'b', 'c', 'd'].map((name) => resource({ name, acquire: () => 1 })) as [
      Resource<number>,
      Resource<number>,
      Resource<number>,
      Resource<number>,
    ];
    expect(combine([a, b]).name).toBe('combine(a, b)');
    expect(combine({ x: a, y: b, z: c }).name).toBe('combine(a, b, c)');
    expect(combine([a, b, c, d], { concurrent: true }).name).toBe('combine(a, b, c, …)');
  });

  it.each<[string, unknown]>([
    ['undefined', undefined],
    ['null', null],
    ['a number', 1],
    ['one resource', fromValue(1)],
    ['an array with something else', [fromValue(1), of(1)]],
    ['a record with something else', { a: fromValue(1), b: undefined }],
  ])('refuses %s with a TypeError at the call', (_, sources) => {
    for (const options of [{}, { concurrent: true }]) {
      expect(() => combine(sources as never, options)).toThrow(TypeError);
      expect(() => combine(sources as never, options)).toThrow(
        /expects an array or a record of resources|Expected a Resource/,
      );
    }
  });
});
