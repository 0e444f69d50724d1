import { NEVER, of, take, timer, VirtualTimeScheduler } from 'rxjs';
import {
  fromValue,
  named,
  openResources,
  retryAcquire,
  orElse,
  resource,
  settled,
  use,
  type Resource,
} from '../../lib/index.js';
import { shareResource } from '../../lib/sharing/index.js';
import { testResources } from '../../lib/testing/index.js';
import { Gate, inVirtualTime, Journal, notificationsOf } from '../support/journal.js';
import { nextMacrotask } from '../support/macrotask.js';

// What sharing promises is in laws/law-30.spec.ts.
describe('shareResource', () => {
  it('answers a resource of the same name, which does nothing before it is subscribed (law 5)', () => {
    const journal = new Journal();
    const shared = journal.resource('db').pipe(shareResource());
    expect(shared.name).toBe('db');
    expect(journal.lines).toEqual([]);
  });

  it('piped twice shares twice', () => {
    const journal = new Journal();
    const source = journal.resource('db');
    const share = shareResource();
    const users = [source.pipe(share), source.pipe(share)].map((shared) => shared.subscribe());
    expect(journal.lines).toEqual(['+db', '+db']);
    for (const user of users) user.unsubscribe();
  });

  it('is drawn: entered for the first, kept for the others, released after the last', () => {
    testResources(({ cold, probe, expectObservable, expectLifecycle, expectExit }) => {
      const db = probe('db', { acquire: '--(d|)', release: '---|' });
      const shared = db.pipe(shareResource());
      const body = '           -1--2|';
      expectObservable(shared.pipe(use(() => cold(body)))).toBe('---1--2|');
      expectObservable(shared.pipe(use(() => cold('----------|')))).toBe('---------------|');
      expectLifecycle(db).toBe('a-^---------!--|', 'complete');
      expectExit(db).toBe('complete');
    });
  });

  it('adds up frames with an idle time, and a second generation', () => {
    testResources(({ cold, probe, expectObservable, expectLifecycle }) => {
      const db = probe('db', { acquire: '--(d|)', release: '---|' });
      const shared = db.pipe(shareResource({ idleTimeout: 5 }));
      expectObservable(shared.pipe(use(() => cold('-1|')))).toBe('---1|');
      expectObservable(shared, '------^-!').toBe('------d');
      expectObservable(shared, '--------------^----!').toBe('------------------d');
      expectLifecycle(db).toBe(['a-^----------!--|', '----------------a-^-----!--|'], 'complete');
    });
  });

  it.each([-1, NaN, '5', null])('refuses %p as an idle timeout, at the call', (idleTimeout) => {
    expect(() => shareResource({ idleTimeout: idleTimeout as number })).toThrow(RangeError);
    expect(() => shareResource({ idleTimeout: idleTimeout as number })).toThrow(
      /idleTimeout to be a number of millisec/,
    );
  });

  it('refuses what is no resource', () => {
    expect(() => shareResource()(of(1) as never)).toThrow('Expected a Resource, received object.');
  });

  it('runs its timer on the scheduler it is given (law 19)', () => {
    const scheduler = new VirtualTimeScheduler();
    const journal = new Journal(() => scheduler.now());
    const shared = journal.resource('db').pipe(shareResource({ idleTimeout: 50, scheduler }));
    shared.subscribe().unsubscribe();
    scheduler.flush();
    expect(journal.lines).toEqual(['0 +db', '50 -db complete']);
  });

  it('with an idle timeout of Infinity keeps it until it is lost, without a timer', async () => {
    const scheduler = new VirtualTimeScheduler();
    const journal = new Journal();
    let lose!: () => void;
    const lost = new Promise<void>((resolve) => (lose = resolve));
    const shared = journal
      .resource('db', { lost: () => lost })
      .pipe(shareResource({ idleTimeout: Infinity, scheduler }));
    shared.subscribe().unsubscribe();
    scheduler.flush();
    expect(journal.lines).toEqual(['+db']);
    expect(scheduler.now()).toBe(0);
    lose();
    await nextMacrotask();
    expect(journal.lines).toEqual(['+db', '-db error ResourceLostError']);
  });

  it('is listed once for the instance, and once for each user', () => {
    const shared = fromValue(1).pipe(named('one'), shareResource());
    const users = [shared.subscribe(), shared.subscribe()];
    expect(openResources().map(({ name, state }) => `${name} ${state}`)).toEqual(['one held', 'one held', 'one held']);
    for (const user of users) user.unsubscribe();
    expect(openResources()).toEqual([]);
  });

  it('shares what other operators have made of entering: tries that are repeated, fallbacks', () => {
    let tries = 0;
    const flaky: Resource<string> = resource({
      acquire: () => {
        if (++tries < 3) throw new Error('down');
        return `try ${tries}`;
      },
    });
    const retried = flaky.pipe(retryAcquire({ count: 5 }), shareResource());
    expect(notificationsOf(retried.pipe(take(1)))).toEqual(['next try 3', 'complete']);
    tries = -9;
    const replaced = flaky.pipe(orElse(() => fromValue('replica')), shareResource()); // prettier-ignore
    expect(notificationsOf(replaced.pipe(take(1)))).toEqual(['next replica', 'complete']);
  });

  it('can be shared again: an instance of the outer one is a user of the inner one', () => {
    const { lines } = inVirtualTime((journal, { flush }) => {
      const inner = journal.resource('db', { release: () => timer(2) }).pipe(shareResource());
      const outer = inner.pipe(shareResource({ idleTimeout: 5 }));
      outer.subscribe().unsubscribe();
      inner.pipe(use(() => timer(3))).subscribe(journal.observer());
      flush();
    });
    expect(lines).toEqual(['0 +db', '3 next 0', '3 complete', '5 -db complete', '7 -db ok']);
  });

  it('a body that is lost with what it shares may share it again', async () => {
    const gate = new Gate<string>();
    let count = 0;
    const journal = new Journal();
    const shared = journal.resource('db', { lost: () => (++count === 1 ? gate.promise : NEVER) }).pipe(shareResource());
    shared.subscribe({
      error: () => {
        shared.pipe(take(1)).subscribe(journal.observer());
      },
    });
    gate.open('gone');
    await gate.promise;
    await settled();
    expect(journal.lines).toEqual([
      '+db',
      '-db error ResourceLostError',
      '+db',
      'next db',
      'complete',
      '-db unsubscribe',
    ]);
  });
});
