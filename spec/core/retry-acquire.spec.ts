import { defer, EmptyError, EMPTY, NEVER, of, Subject, throwError, timer, VirtualTimeScheduler } from 'rxjs';
import {
  andThen,
  fromValue,
  lastValue,
  named,
  openResources,
  resource,
  retryAcquire,
  using,
  type Resource,
} from '../../lib/index.js';
import { testResources } from '../../lib/testing/index.js';
import { errorOf, raise, waysToFail } from '../support/failing.js';
import { Journal, notificationsOf } from '../support/journal.js';

const boom = new Error('boom');

/** Fails `failures` times, then answers its number. */
function flaky(journal: Journal, failures: number): Resource<string> {
  let tries = 0;
  return journal.resource('a', { acquire: () => (++tries <= failures ? raise(boom) : `try ${tries}`) });
}

describe('retryAcquire', () => {
  it('tries again until it succeeds, synchronously where the acquire is (law 17)', () => {
    const journal = new Journal();
    using(flaky(journal, 2).pipe(retryAcquire({ count: 5 })), (handle) => of(handle)).subscribe(journal.observer());
    expect(journal.lines).toEqual(['+a', '+a', '+a', 'next try 3', '-a complete', 'complete']);
  });

  it('passes the error of the last try', async () => {
    const journal = new Journal();
    expect(await errorOf(flaky(journal, 9).pipe(retryAcquire({ count: 2 })))).toBe(boom);
    expect(journal.lines).toEqual(['+a', '+a', '+a']);
  });

  it.each(waysToFail(boom))('tries again where acquire %s', async (_, fails) => {
    let tries = 0;
    const acquire = (): unknown => (++tries < 3 ? fails() : tries);
    const source = resource({ acquire }).pipe(retryAcquire({ count: 5 }));
    await expect(lastValue(using(source, (n) => of(n)))).resolves.toBe(3);
  });

  it("waits between the tries as RxJS's retry does (law 18)", () => {
    testResources(({ probe, expectLifecycle, expectObservable }) => {
      const a = probe('a', { acquire: ['#', '#', '(a|)'] });
      expectObservable(using(a.pipe(retryAcquire({ count: 5, delay: 3 })), (handle) => of(handle))).toBe('------(a|)');
      expectLifecycle(a).toBe(['#', '---#', '------(^|)'], ['none', 'none', 'complete']);
    });
  });

  it('takes a delay on a scheduler of the caller (law 19)', () => {
    const scheduler = new VirtualTimeScheduler();
    const journal = new Journal();
    const source = flaky(journal, 1).pipe(retryAcquire({ count: 1, delay: () => timer(60_000, scheduler) }));
    using(source, (handle) => of(handle)).subscribe(journal.observer());
    expect(journal.take()).toEqual(['+a']);
    scheduler.flush();
    expect(journal.take()).toEqual(['+a', 'next try 2', '-a complete', 'complete']);
  });

  it('may be told by its delay to give up', async () => {
    const giveUp = new Error('give up');
    const source = flaky(new Journal(), 9).pipe(retryAcquire({ delay: () => throwError(() => giveUp) }));
    expect(await errorOf(source)).toBe(giveUp);
  });

  it('releases what a failed try had entered before the next one starts (law 11)', () => {
    testResources(({ probe, expectLifecycle, expectObservable }) => {
      const a = probe('a', { release: '--|' });
      const b = probe('b', { acquire: ['#', '(b|)'], acquireError: boom });
      const both = a.pipe(andThen(() => b), retryAcquire({ count: 1 })); // prettier-ignore
      expectObservable(using(both, (handle) => of(handle))).toBe('--b-|');
      expectLifecycle(a).toBe(['!-|', '--!-|'], [{ kind: 'error', error: boom }, 'complete']);
      expectLifecycle(b).toBe(['#', '--(^|)'], ['none', 'complete']);
    });
  });

  it('does not try again where the body fails: it is entered then', async () => {
    const journal = new Journal();
    const source = journal.resource('a').pipe(retryAcquire({ count: 5 }));
    expect(await errorOf(using(source, () => throwError(() => boom)))).toBe(boom);
    expect(journal.lines).toEqual(['+a', '-a error boom']);
  });

  it('tries an empty acquire again too', async () => {
    let tries = 0;
    const source = resource({ acquire: () => defer(() => (++tries < 3 ? EMPTY : of(tries))) });
    expect(notificationsOf(using(source.pipe(retryAcquire({ count: 5 })), (n) => of(n)))).toEqual([
      'next 3',
      'complete',
    ]);
    expect(await errorOf(resource({ acquire: () => EMPTY }).pipe(retryAcquire({ count: 1 })))).toBeInstanceOf(
      EmptyError,
    );
  });

  it('is ended between two tries when the consumer leaves', () => {
    const journal = new Journal();
    const again = new Subject<void>();
    const source = flaky(journal, 9).pipe(retryAcquire({ delay: () => again }));
    source.subscribe(journal.observer()).unsubscribe();
    expect(again.observed).toBe(false);
    expect(openResources()).toEqual([]);
    expect(journal.lines).toEqual(['+a']);
  });

  it('releases what comes when the consumer leaves during a try (law 13)', () => {
    const journal = new Journal();
    const pending = new Subject<string>();
    const source = journal.resource('a', { acquire: () => pending }).pipe(retryAcquire({ count: 5 }));
    source.subscribe(journal.observer()).unsubscribe();
    pending.next('late');
    expect(journal.lines.filter((line) => line !== '+a ok')).toEqual(['+a', '-a unsubscribe']);
  });

  it('releases once where the consumer leaves while held (law 1)', () => {
    const journal = new Journal();
    using(journal.resource('a').pipe(retryAcquire({ count: 1 })), () => NEVER)
      .subscribe()
      .unsubscribe();
    expect(journal.lines).toEqual(['+a', '-a unsubscribe']);
  });

  it('counts anew for each subscription (law 5)', async () => {
    const journal = new Journal();
    const source = flaky(journal, 4).pipe(retryAcquire({ count: 1 }));
    expect(await errorOf(source)).toBe(boom);
    expect(await errorOf(source)).toBe(boom);
    expect(journal.lines).toHaveLength(4);
  });

  it('keeps the name', () => {
    expect(fromValue(1).pipe(named('one'), retryAcquire({ count: 1 })).name).toBe('one');
  });
});
