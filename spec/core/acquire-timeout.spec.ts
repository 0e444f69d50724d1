import { EmptyError, EMPTY, NEVER, Observable, of, Subject, throwError, VirtualTimeScheduler } from 'rxjs';
import {
  acquireTimeout,
  AcquireTimeoutError,
  andThen,
  fromValue,
  named,
  openResources,
  resource,
  settled,
  using,
} from '../../lib/index.js';
import { testResources } from '../../lib/testing/index.js';
import { takeUnhandledErrors } from '../../lib/testing/jest/index.js';
import { errorOf, waysToFail } from '../support/failing.js';
import { describeError, Gate, inVirtualTime, Journal, notificationsOf } from '../support/journal.js';
import { nextMacrotask } from '../support/macrotask.js';

const boom = new Error('boom');
const late = (name: string) => new AcquireTimeoutError(`"${name}" was not acquired within 5 ms.`, { resource: name });

describe('acquireTimeout', () => {
  describe('in time', () => {
    it('changes nothing (law 18)', () => {
      testResources(({ cold, probe, expectLifecycle, expectObservable }) => {
        const a = probe('a', { acquire: '---(a|)', release: '--|' });
        expectObservable(using(a.pipe(acquireTimeout(5)), () => cold('-x|'))).toBe('----x--|');
        expectLifecycle(a).toBe('a--^-!-|', 'complete');
      });
    });

    it('stays synchronous where the acquire is, even with a limit of 0 (law 17)', () => {
      expect(notificationsOf(using(fromValue(1).pipe(acquireTimeout(0)), (n) => of(n)))).toEqual([
        'next 1',
        'complete',
      ]);
    });

    it('does not limit how long it is held', () => {
      testResources(({ cold, probe, expectObservable }) => {
        const source = probe('a').pipe(acquireTimeout(2));
        expectObservable(using(source, () => cold('------x|'))).toBe('------x|');
      });
    });

    it.each(waysToFail(boom))('passes the error where acquire %s (law 11)', async (_, acquire) => {
      expect(await errorOf(resource({ acquire }).pipe(acquireTimeout(1000)))).toBe(boom);
    });

    it('passes EmptyError', async () => {
      expect(await errorOf(resource({ acquire: () => EMPTY }).pipe(acquireTimeout(1000)))).toBeInstanceOf(EmptyError);
    });
  });

  describe('too late', () => {
    it('fails at the limit, and releases what comes later with unsubscribe (law 13)', () => {
      testResources(({ probe, expectLifecycle, expectObservable }) => {
        const a = probe('a', { acquire: '---------(a|)', release: '--|' });
        expectObservable(using(a.pipe(acquireTimeout(5)), () => ['body'])).toBe('-----#', undefined, late('a'));
        expectLifecycle(a).toBe('a--------!-|', 'unsubscribe');
      });
    });

    it('aborts the signal at the limit (law 13)', () => {
      const journal = inVirtualTime((journal, _, scheduler) => {
        const source = resource({
          acquire: ({ signal }) => {
            signal.addEventListener('abort', () => journal.note('aborted'));
            return NEVER;
          },
          interruptible: true,
        });
        source.pipe(acquireTimeout(5, scheduler)).subscribe(journal.observer());
      });
      expect(journal.lines).toEqual(['5 aborted', '5 error AcquireTimeoutError']);
    });

    it('names the resource in its error', () => {
      const errors: unknown[] = [];
      inVirtualTime((_, __, scheduler) => {
        const stuck = resource({ name: 'stuck', acquire: () => NEVER, interruptible: true });
        stuck.pipe(acquireTimeout(5, scheduler)).subscribe({ error: (error: unknown) => errors.push(error) });
      });
      expect(errors).toEqual([expect.any(AcquireTimeoutError)]);
      expect(errors[0]).toMatchObject({ resource: 'stuck', message: '"stuck" was not acquired within 5 ms.' });
    });

    it('releases what an earlier part had acquired, with unsubscribe', () => {
      testResources(({ probe, expectLifecycle, expectObservable }) => {
        const [a, stuck] = [probe('a'), probe('stuck', { acquire: '-', interruptible: true })];
        const both = a.pipe(andThen(() => stuck), acquireTimeout(5)); // prettier-ignore
        expectObservable(both).toBe('-----#', undefined, late('a'));
        expectLifecycle(a).toBe('     ^----|', 'unsubscribe');
        expectLifecycle(stuck).toBe(' a----|', 'none');
      });
    });

    it('reports an acquire that fails later (law 13)', async () => {
      const scheduler = new VirtualTimeScheduler();
      const pending = new Subject<number>();
      const errors: string[] = [];
      resource({ acquire: () => pending })
        .pipe(acquireTimeout(5, scheduler))
        .subscribe({ error: (error: unknown) => errors.push(describeError(error)) });
      scheduler.flush();
      pending.error(boom);
      await nextMacrotask();
      expect(errors).toEqual(['AcquireTimeoutError']);
      expect(await takeUnhandledErrors()).toEqual([boom]);
    });

    it('lets settled() wait for what comes later (law 12)', async () => {
      const scheduler = new VirtualTimeScheduler();
      const acquired = new Gate<string>();
      const journal = new Journal();
      const source = journal.resource('a', { acquire: () => acquired.promise });
      source.pipe(acquireTimeout(5, scheduler)).subscribe({ error: () => journal.note('error') });
      scheduler.flush();
      const waiting = settled().then(() => journal.note('settled'));
      acquired.open('late');
      await waiting;
      expect(journal.lines).toEqual(['+a', 'error', '+a ok', '-a unsubscribe', 'settled']);
    });
  });

  it('takes the timer of its own scheduler (law 19)', () => {
    const scheduler = new VirtualTimeScheduler();
    const errors: string[] = [];
    resource({ acquire: () => NEVER, interruptible: true })
      .pipe(acquireTimeout(60_000, scheduler))
      .subscribe({ error: (error: unknown) => errors.push(describeError(error)) });
    scheduler.flush();
    expect(errors).toEqual(['AcquireTimeoutError']);
    expect(scheduler.frame).toBe(60_000);
  });

  it('has no timer left when the consumer leaves while acquiring', () => {
    const scheduler = new VirtualTimeScheduler();
    const source = resource({ acquire: () => new Observable<number>(), interruptible: true });
    source.pipe(acquireTimeout(5, scheduler)).subscribe().unsubscribe();
    expect(scheduler.actions.filter((action) => !action.closed)).toEqual([]);
    expect(openResources()).toEqual([]);
  });

  it('releases once where the consumer leaves while held (law 1)', () => {
    const journal = new Journal();
    journal.resource('a').pipe(acquireTimeout(1000)).subscribe().unsubscribe();
    expect(journal.lines).toEqual(['+a', '-a unsubscribe']);
  });

  it('lets the resource suppress the error of the body (law 8)', () => {
    const source = resource({ acquire: () => 1, exit: () => true }).pipe(acquireTimeout(1000));
    expect(notificationsOf(using(source, () => throwError(() => boom)))).toEqual(['complete']);
  });

  it('joins a failing release with the error of the body, once (law 9)', async () => {
    const failing = resource({ acquire: () => 1, release: () => throwError(() => new Error('release')) });
    const error = await errorOf(using(failing.pipe(acquireTimeout(1000)), () => throwError(() => boom)));
    expect(describeError(error)).toBe('S(release, boom)');
  });

  it('keeps the name', () => {
    expect(fromValue(1).pipe(named('one'), acquireTimeout(1)).name).toBe('one');
  });

  it.each([-1, Number.NaN, '5' as never, undefined as never])('refuses %p with a RangeError at the call', (due) => {
    expect(() => acquireTimeout(due)).toThrow(RangeError);
    expect(() => acquireTimeout(due)).toThrow(/acquireTimeout to be a number of milliseconds/);
  });

  it.each([0, 0.5, Infinity])('takes %p', (due) => {
    expect(notificationsOf(using(fromValue(1).pipe(acquireTimeout(due)), (n) => of(n)))).toEqual([
      'next 1',
      'complete',
    ]);
  });
});
