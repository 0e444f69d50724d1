import { of, Subject, throwError } from 'rxjs';
import { andThen, fromValue, resource, use, using, type Resource } from '../../lib/index.js';
import { testResources } from '../../lib/testing/index.js';
import { takeUnhandledErrors } from '../../lib/testing/jest/index.js';
import { errorOf, raise, waysToFail } from '../support/failing.js';
import { describeError, Journal, notificationsOf } from '../support/journal.js';

const boom = new Error('boom');

describe('andThen', () => {
  it('enters the first, then the one made of its handle, and releases in reverse (law 4)', () => {
    const journal = new Journal();
    const both = journal.resource('a').pipe(andThen((handle) => journal.resource(`${handle}b`)));
    using(both, (handle) => [handle]).subscribe(journal.observer());
    expect(journal.lines).toEqual(['+a', '+ab', 'next ab', '-ab complete', '-a complete', 'complete']);
  });

  it('adds up the frames of all steps (law 18)', () => {
    testResources(({ cold, probe, expectLifecycle, expectObservable }) => {
      const [a, b] = [probe('a', { acquire: '--(a|)', release: '---|' }), probe('b', { acquire: '--(b|)', release: '---|' })]; // prettier-ignore
      expectObservable(using(a.pipe(andThen(() => b)), () => cold('x|'))).toBe('----x------|');
      expectLifecycle(a).toBe('a-^-----!--|', 'complete');
      expectLifecycle(b).toBe('--a-^!--|', 'complete');
    });
  });

  it('stays synchronous where both are (law 17)', () => {
    const both = fromValue(1).pipe(andThen((n) => fromValue(n + 1)));
    expect(notificationsOf(using(both, (n) => of(n)))).toEqual(['next 2', 'complete']);
  });

  it('tells both the exit of the body (law 7)', () => {
    const journal = new Journal();
    const both = journal.resource('a').pipe(andThen(() => journal.resource('b')));
    using(both, () => throwError(() => boom)).subscribe(journal.observer());
    expect(journal.lines).toEqual(['+a', '+b', '-b error boom', '-a error boom', 'error boom']);
  });

  it('keeps the name of the first', () => {
    expect(fromValue(1).pipe(andThen(() => resource({ name: 'second', acquire: () => 1 }))).name).toBe('value');
  });

  describe('where the second fails to enter', () => {
    it.each(waysToFail(boom))(
      'releases the first with that error, where its acquire %s (law 11)',
      async (_, acquire) => {
        const journal = new Journal();
        const both = journal.resource('a').pipe(andThen(() => resource<string>({ acquire })));
        expect(await errorOf(using(both, () => ['body']))).toBe(boom);
        expect(journal.lines).toEqual(['+a', '-a error boom']);
      },
    );

    it('lets the first suppress it: the whole completes without a value (law 11)', () => {
      const journal = new Journal();
      const failing = resource<string>({ acquire: () => raise(boom) });
      const both = journal.resource('a', { exit: () => true }).pipe(andThen(() => failing));
      using(both, () => ['body']).subscribe(journal.observer());
      expect(journal.lines).toEqual(['+a', '-a error boom', 'complete']);
    });

    it('joins it with a release of the first that fails too (law 9)', async () => {
      const first = resource({ acquire: () => 1, release: () => Promise.reject(new Error('release')) });
      const both = first.pipe(andThen(() => resource<number>({ acquire: () => raise(boom) })));
      expect(describeError(await errorOf(both))).toBe('S(release, boom)');
    });
  });

  describe('where next fails', () => {
    it('releases the first with what it throws (law 11)', () => {
      const journal = new Journal();
      using(journal.resource('a').pipe(andThen(() => raise(boom))), () => ['body']).subscribe(journal.observer());
      expect(journal.lines).toEqual(['+a', '-a error boom', 'error boom']);
    });

    it('releases the first with a TypeError where it answers no resource', async () => {
      const journal = new Journal();
      const error = await errorOf(journal.resource('a').pipe(andThen(() => of(1) as never)));
      expect(error).toBeInstanceOf(TypeError);
      expect(String(error)).toMatch(/Expected a Resource/);
      expect(journal.lines).toEqual(['+a', '-a error TypeError']);
    });
  });

  describe('where a release fails', () => {
    it('still releases the other, which is told (laws 9, 10)', () => {
      const journal = new Journal();
      const second = journal.resource('b', { release: () => raise(new Error('release')) });
      using(journal.resource('a').pipe(andThen(() => second)), () => throwError(() => boom)).subscribe(
        journal.observer(),
      );
      expect(journal.lines).toEqual([
        '+a',
        '+b',
        '-b error boom',
        '-a error S(release, boom)',
        'error S(release, boom)',
      ]);
    });

    it('joins both failures in the order of release (law 9)', async () => {
      const failing = (name: string): Resource<number> =>
        resource({ acquire: () => 1, release: () => raise(new Error(name)) });
      const both = failing('a').pipe(andThen(() => failing('b')));
      expect(describeError(await errorOf(using(both, () => of(1))))).toBe('S(a, b)');
    });

    it('shows the first nothing of what the second suppressed (law 10)', () => {
      const journal = new Journal();
      const both = journal.resource('a').pipe(andThen(() => journal.resource('b', { exit: () => true })));
      using(both, () => throwError(() => boom)).subscribe(journal.observer());
      expect(journal.lines).toEqual(['+a', '+b', '-b error boom', '-a complete', 'complete']);
    });
  });

  describe('unsubscribed', () => {
    it('while the first is entered, never enters the second (law 13)', () => {
      const journal = new Journal();
      const pending = new Subject<string>();
      const both = journal.resource('a', { acquire: () => pending }).pipe(andThen(() => journal.resource('b')));
      both.subscribe(journal.observer()).unsubscribe();
      pending.next('late');
      expect(journal.lines.filter((line) => line !== '+a ok')).toEqual(['+a', '-a unsubscribe']);
    });

    it('while the second is entered, waits for it, then releases both (law 13)', () => {
      testResources(({ probe, expectLifecycle, expectObservable }) => {
        const [a, b] = [probe('a'), probe('b', { acquire: '-----(b|)', release: '-|' })];
        expectObservable(a.pipe(andThen(() => b)), '--!').toBe('');
        expectLifecycle(a).toBe('^-----|', 'unsubscribe');
        expectLifecycle(b).toBe('a----!|', 'unsubscribe');
      });
    });

    it('while held, releases in reverse, each finished before the next (law 4)', () => {
      testResources(({ probe, expectLifecycle, expectObservable }) => {
        const [a, b] = [probe('a', { release: '--|' }), probe('b', { release: '--|' })];
        expectObservable(a.pipe(andThen(() => b)), '-!').toBe('a');
        expectLifecycle(a).toBe('^--!-|', 'unsubscribe');
        expectLifecycle(b).toBe('^!-|', 'unsubscribe');
      });
    });

    it('while held, reports failing releases joined, once (law 10)', async () => {
      const failing = (name: string): Resource<number> =>
        resource({ acquire: () => 1, release: () => raise(new Error(name)) });
      failing('a')
        .pipe(andThen(() => failing('b')))
        .subscribe()
        .unsubscribe();
      expect((await takeUnhandledErrors()).map(describeError)).toEqual(['S(a, b)']);
    });
  });

  it('chains ten thousand (law 6)', () => {
    let [entered, exited] = [0, 0];
    const one = resource({ acquire: () => ++entered, release: () => ++exited });
    let chain: Resource<number> = one;
    for (let n = 1; n < 10_000; n++) chain = chain.pipe(andThen(() => one));
    expect(notificationsOf(chain.pipe(use((n) => [n])))).toEqual(['next 10000', 'complete']);
    expect(exited).toBe(10_000);
  });

  it('refuses what is no function with a TypeError at the call', () => {
    expect(() => andThen(fromValue(1) as never)).toThrow(TypeError);
    expect(() => andThen(fromValue(1) as never)).toThrow(/next to be a function, received object/);
  });

  it('refuses to be applied to what is no resource', () => {
    expect(() => andThen(() => fromValue(1))(of(1) as never)).toThrow(/Expected a Resource/);
  });
});
