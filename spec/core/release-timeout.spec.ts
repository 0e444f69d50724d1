import { NEVER, of, Subject, throwError, timer, VirtualTimeScheduler } from 'rxjs';
import {
  andThen,
  fromValue,
  named,
  releaseTimeout,
  ReleaseTimeoutError,
  resource,
  suppress,
  using,
} from '../../lib/index.js';
import { testResources } from '../../lib/testing/index.js';
import { takeUnhandledErrors } from '../../lib/testing/jest/index.js';
import { errorOf, waysToFail } from '../support/failing.js';
import { describeError, inVirtualTime, Journal, notificationsOf } from '../support/journal.js';
import { nextMacrotask } from '../support/macrotask.js';

const boom = new Error('boom');
const late = (name: string) => new ReleaseTimeoutError(`"${name}" was not released within 5 ms.`, { resource: name });

describe('releaseTimeout', () => {
  describe('in time', () => {
    it('changes nothing (law 18)', () => {
      testResources(({ cold, probe, expectLifecycle, expectObservable }) => {
        const a = probe('a', { acquire: '--(a|)', release: '---|' });
        expectObservable(using(a.pipe(releaseTimeout(5)), () => cold('-x|'))).toBe('---x---|');
        expectLifecycle(a).toBe('a-^-!--|', 'complete');
      });
    });

    it('stays synchronous where the release is, even with a limit of 0 (law 17)', () => {
      expect(notificationsOf(using(fromValue(1).pipe(releaseTimeout(0)), (n) => of(n)))).toEqual([
        'next 1',
        'complete',
      ]);
    });

    it('does not limit acquire and body', () => {
      testResources(({ cold, probe, expectObservable }) => {
        const source = probe('a', { acquire: '----(a|)' }).pipe(releaseTimeout(2));
        expectObservable(using(source, () => cold('----x|'))).toBe('--------x|');
      });
    });

    it('tells the release the exit (law 7)', () => {
      const journal = new Journal();
      using(journal.resource('a').pipe(releaseTimeout(9)), () => throwError(() => boom)).subscribe(journal.observer());
      expect(journal.lines).toEqual(['+a', '-a error boom', 'error boom']);
    });

    it.each(waysToFail(boom))('passes its failure where it %s (law 9)', async (_, release) => {
      const source = resource({ acquire: () => 1, release }).pipe(releaseTimeout(1000));
      expect(await errorOf(using(source, () => of(1)))).toBe(boom);
    });

    it('lets exit suppress (law 8)', () => {
      const source = resource({ acquire: () => 1, exit: () => true }).pipe(releaseTimeout(9));
      expect(notificationsOf(using(source, () => throwError(() => boom)))).toEqual(['complete']);
    });
  });

  describe('too late', () => {
    it('fails at the limit, and ignores the late end (law 20)', () => {
      testResources(({ cold, probe, expectLifecycle, expectObservable }) => {
        const a = probe('a', { release: '---------|' });
        expectObservable(using(a.pipe(releaseTimeout(5)), () => cold('-x|'))).toBe('-x-----#', undefined, late('a'));
        expectLifecycle(a).toBe('^-!--------|', 'complete');
      });
    });

    it('joins it with the error of the body (laws 9, 20)', () => {
      const journal = inVirtualTime((journal, _, scheduler) => {
        const source = resource({ acquire: () => 1, release: () => timer(9) }).pipe(releaseTimeout(5, scheduler));
        using(source, () => throwError(() => boom)).subscribe(journal.observer());
      });
      expect(journal.lines).toEqual(['5 error S(ReleaseTimeoutError, boom)']);
    });

    it('goes on with what is released next, which is told (laws 10, 20)', () => {
      testResources(({ probe, expectLifecycle, expectObservable }) => {
        const [a, stuck] = [probe('a'), probe('stuck', { release: '---------|' })];
        const both = a.pipe(andThen(() => stuck.pipe(releaseTimeout(5))));
        expectObservable(using(both, () => of('b'))).toBe('b----#', undefined, late('stuck'));
        expectLifecycle(a).toBe('^----|', { kind: 'error', error: late('stuck') });
      });
    });

    it('reports a late failure (law 20)', async () => {
      const scheduler = new VirtualTimeScheduler();
      const released = new Subject<void>();
      const errors: string[] = [];
      const source = resource({ acquire: () => 1, release: () => released }).pipe(releaseTimeout(5, scheduler));
      using(source, () => of(1)).subscribe({ error: (error: unknown) => errors.push(describeError(error)) });
      scheduler.flush();
      released.error(boom);
      await nextMacrotask();
      expect(errors).toEqual(['ReleaseTimeoutError']);
      expect((await takeUnhandledErrors()).map(describeError)).toEqual(['boom']);
    });

    it('is reported itself where the consumer has left (laws 12, 20)', async () => {
      const scheduler = new VirtualTimeScheduler();
      const released = new Subject<void>();
      const source = resource({ acquire: () => 1, release: () => released }).pipe(releaseTimeout(5, scheduler));
      using(source, () => NEVER)
        .subscribe()
        .unsubscribe();
      scheduler.flush();
      expect((await takeUnhandledErrors()).map(describeError)).toEqual(['ReleaseTimeoutError']);
      released.complete();
    });

    it('may be suppressed by what stands after it (law 8)', () => {
      testResources(({ probe, expectObservable }) => {
        const stuck = probe('stuck', { release: '---------|' });
        const source = stuck.pipe(releaseTimeout(5), suppress(ReleaseTimeoutError)); // prettier-ignore
        expectObservable(using(source, () => of('b'))).toBe('b----|');
      });
    });
  });

  it('takes the timer of its own scheduler, and names the resource (law 19)', () => {
    const scheduler = new VirtualTimeScheduler();
    const released = new Subject<void>();
    const errors: unknown[] = [];
    const stuck = resource({ name: 'stuck', acquire: () => 1, release: () => released });
    using(stuck.pipe(releaseTimeout(60_000, scheduler)), () => of(1)).subscribe({
      error: (error: unknown) => errors.push(error),
    });
    scheduler.flush();
    released.complete();
    expect(scheduler.frame).toBe(60_000);
    expect(errors).toMatchObject([{ resource: 'stuck', message: '"stuck" was not released within 60000 ms.' }]);
  });

  it('has no timer left once the release has ended', () => {
    const scheduler = new VirtualTimeScheduler();
    const released = new Subject<void>();
    const source = resource({ acquire: () => 1, release: () => released }).pipe(releaseTimeout(5, scheduler));
    using(source, () => of(1)).subscribe();
    released.complete();
    expect(scheduler.actions.filter((action) => !action.closed)).toEqual([]);
  });

  it('keeps the name', () => {
    expect(fromValue(1).pipe(named('one'), releaseTimeout(1)).name).toBe('one');
  });

  it('releases what comes after the consumer has left while acquiring (law 13)', () => {
    const journal = new Journal();
    const pending = new Subject<string>();
    const source = journal.resource('a', { acquire: () => pending }).pipe(releaseTimeout(1000));
    source.subscribe().unsubscribe();
    pending.next('late');
    expect(journal.lines.filter((line) => line !== '+a ok')).toEqual(['+a', '-a unsubscribe']);
  });

  it.each([-1, Number.NaN, '5' as never, undefined as never])('refuses %p with a RangeError at the call', (due) => {
    expect(() => releaseTimeout(due)).toThrow(RangeError);
    expect(() => releaseTimeout(due)).toThrow(/releaseTimeout to be a number of milliseconds/);
  });
});
