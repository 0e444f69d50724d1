import { NEVER } from 'rxjs';
import { named, Pool, using, type PoolStats } from '../../lib/index.js';
import { reported } from '../support/journal.js';
import { microtasks } from '../support/microtasks.js';
import { checkStats, PoolTest } from '../support/pool-test.js';
import { rejection } from '../support/rejection.js';

describe('pool-class: Pool', () => {
  let test: PoolTest;

  beforeEach(() => {
    test = new PoolTest();
  });

  afterEach(() => {
    test.end();
  });

  const boom = new Error('boom');
  const settledYet = async (promise: Promise<unknown>): Promise<string> => {
    let state = 'pending';
    promise.then(() => (state = 'resolved'), () => (state = 'rejected')); // prettier-ignore
    await microtasks();
    return state;
  };

  it('is what a pool lends from: resources named like what is lent', () => {
    const made = test.open({ name: 'db' });
    expect(made).toBeInstanceOf(Pool);
    expect([made.lease, made.tryLease, made.leaseWith({})].map(({ name }) => name)).toEqual(['handle', 'handle', 'handle']);
  }); // prettier-ignore

  describe('holders()', () => {
    it('tells who has borrowed, and for how long, who has had it longest first', async () => {
      const made = test.open();
      test.visitors.come(made.lease.pipe(named('job')));
      test.pass(30);
      const held = await made.acquire();
      test.pass(20);
      expect(made.holders()).toEqual([
        { name: 'job', heldFor: 50, stack: null },
        { name: 'handle', heldFor: 20, stack: null },
      ]);
      expect(Object.isFrozen(made.holders())).toBe(true);
      await held.release();
    });

    it('counts from when it was lent, not from when it was asked for', () => {
      const made = test.open({ max: 1 });
      const [first] = test.visitors.crowd(2, made.lease);
      test.pass(100);
      first?.done();
      test.pass(5);
      expect(made.holders()).toMatchObject([{ heldFor: 5 }]);
    });
  });

  describe('ready()', () => {
    it('resolves when there are `min`', async () => {
      test.depot.makeTime = 10;
      const made = test.open({ min: 2 });
      const ready = made.ready();
      expect(await settledYet(ready)).toBe('pending');
      test.pass(10);
      expect(await settledYet(ready)).toBe('resolved');
    });

    it('resolves at once where there are, or where there need not be any', async () => {
      expect(await settledYet(test.open().ready())).toBe('resolved');
      expect(await settledYet(test.open({ min: 1 }).ready())).toBe('resolved');
    });

    it('rejects with what making fails with, while the pool goes on trying', async () => {
      test.depot.makeTime = 5;
      test.depot.outage = boom;
      const made = test.open({ min: 1 });
      const ready = rejection(made.ready());
      test.pass(5);
      expect(await ready).toBe(boom);
      test.depot.outage = null;
      test.pass(20);
      await made.ready();
      expect(made.stats.idle).toBe(1);
    });

    it('rejects with a ClosedError where the pool is closed', async () => {
      test.depot.makeTime = 10;
      const made = test.open({ min: 1 });
      const ready = rejection(made.ready());
      void made.close();
      expect(await ready).toMatchObject({ name: 'ClosedError' });
      expect(await rejection(made.ready())).toMatchObject({ name: 'ClosedError' });
    });
  });

  describe('drain()', () => {
    it('resolves when nothing is borrowed and nobody waits; the pool stays open', async () => {
      const made = test.open({ max: 1 });
      const [first, second] = test.visitors.crowd(2, made.lease);
      const drained = made.drain();
      first?.done();
      expect(await settledYet(drained)).toBe('pending');
      second?.done();
      expect(await settledYet(drained)).toBe('resolved');
      expect(test.borrow(made, 1)).toHaveLength(1);
    });

    it('resolves at once where that is so', async () => {
      const made = test.open({ min: 1 });
      expect(await settledYet(made.drain())).toBe('resolved');
      await made.close();
      expect(await settledYet(made.drain())).toBe('resolved');
    });

    it('resolves where the pool is closed meanwhile', async () => {
      const made = test.open();
      test.borrow(made, 1);
      const drained = made.drain();
      void made.close({ force: true });
      expect(await settledYet(drained)).toBe('resolved');
    });
  });

  describe('stats', () => {
    it('are a frozen copy', () => {
      const made = test.open({ max: 2, min: 1 });
      const { stats } = made;
      expect(Object.isFrozen(stats) && Object.isFrozen(stats.destroyed)).toBe(true);
      test.borrow(made, 1);
      expect(stats).toMatchObject({ max: 2, min: 1, total: 1, idle: 1, borrowed: 0, asked: 0 });
    });
  });

  describe('stats$', () => {
    it('tells what it is at, when subscribed and after each change, and completes when it is closed', () => {
      const made = test.open({ max: 1 });
      const seen: string[] = [];
      const line = ({ borrowed, idle, waiting, total }: PoolStats): string => `${String(total)}: ${String(borrowed)} ${String(idle)} ${String(waiting)}`;
      made.stats$.subscribe({ next: (stats) => seen.push(line(stats)), complete: () => seen.push('complete') });
      const [first, second] = test.visitors.crowd(2, made.lease);
      first?.done();
      second?.leave();
      void made.close();
      expect(seen.filter((one, i) => one !== seen[i - 1])).toEqual(['0: 0 0 0', '1: 1 0 0', '1: 1 0 1', '1: 1 0 0', '1: 0 1 0', '0: 0 0 0', 'complete']);
    }); // prettier-ignore

    it('tells of one that is lent at once, and of one that is refused', () => {
      const made = test.open({ min: 1, max: 1, maxWaiting: 0 });
      const seen: string[] = [];
      made.stats$.subscribe(({ direct, refused }) => seen.push(`${String(direct)} ${String(refused)}`));
      test.visitors.crowd(2, made.lease);
      expect(seen).toEqual(['0 0', '1 0', '1 1']);
    });

    it('of a closed pool tells the last of it, and completes', () => {
      const made = test.open();
      void made.close();
      const seen: unknown[] = [];
      made.stats$.subscribe({ next: ({ total }) => seen.push(total), complete: () => seen.push('complete') });
      expect(seen).toEqual([0, 'complete']);
    });

    it('adds up whenever it tells (P16)', () => {
      const made = test.open({ max: 2, acquireTimeout: 50, maxWaiting: 3, maxUses: 3 });
      let told = 0;
      made.stats$.subscribe((stats) => {
        checkStats(stats);
        told++;
      });
      test.depot.makeTime = 3;
      test.depot.destroyTime = 2;
      for (let i = 0; i < 60; i++) {
        const visitor = test.visitors.come(made.lease);
        test.clock.schedule(() => { if (i % 3 === 0) visitor.leave(); else if (i % 5 === 0) visitor.fail(boom); else visitor.done(); }, 7 + (i % 4)); // prettier-ignore
        if (i % 7 === 0) test.depot.failures.push(boom);
        test.pass(2);
      }
      expect(told).toBeGreaterThan(60);
      expect(made.stats.asked).toBe(60);
    });
  });

  describe('events$', () => {
    it('tells what happens, with times', () => {
      const made = test.open({ max: 1, acquireTimeout: 100, maxUses: 2 });
      const events = test.listen(made);
      test.depot.makeTime = 10;
      const first = test.visitors.come(made.lease);
      test.pass(10);
      const second = test.visitors.come(made.lease);
      const third = test.visitors.come(made.lease);
      test.visitors.come(made.lease);
      test.pass(20);
      third.leave();
      first.done();
      test.pass(30);
      test.depot.destroyTime = 5;
      second.done();
      test.pass(50);
      expect(events).toEqual([
        'created 10', 'borrowed 10', 'gave-up 20 null', 'returned 20', 'borrowed 20', 'returned 30',
        'destroyed 5 used', 'created 10', 'borrowed 65',
      ]);
    }); // prettier-ignore

    it('tells who was refused, and why', () => {
      const made = test.open({ max: 1, acquireTimeout: 100 });
      const events = test.listen(made);
      test.borrow(made, 1);
      test.visitors.come(made.lease);
      test.pass(100);
      test.visitors.come(made.lease);
      test.pass(5);
      void made.close();
      expect(events.slice(2)).toEqual(['gave-up 100 AcquireTimeoutError', 'gave-up 5 ClosedError']);
    });

    it('completes when the pool is closed', () => {
      const made = test.open();
      const seen: string[] = [];
      made.events$.subscribe({ complete: () => seen.push('complete') });
      void made.close();
      expect(seen).toEqual(['complete']);
    });

    it('while nobody listens, what cannot be destroyed is reported', async () => {
      const made = test.open({ maxUses: 1 });
      test.depot.destroyFailure = boom;
      test.borrow(made, 1)[0]?.done();
      expect(await reported()).toEqual(['boom']);
      test.listen(made);
      test.borrow(made, 1)[0]?.done();
      expect(await reported()).toEqual([]);
      expect(made.stats.destroyFailures).toBe(2);
    });

    it('a listener that throws harms nobody', async () => {
      const made = test.open();
      const listening = made.events$.subscribe(() => {
        throw boom;
      });
      test.borrow(made, 1)[0]?.done();
      listening.unsubscribe();
      expect(made.stats).toMatchObject({ idle: 1, borrowed: 0 });
      expect((await reported()).slice(0, 1)).toEqual(['boom']);
    });
  });

  it('may be borrowed from in the body of its own scope, and outlives nothing in it', () => {
    const made = test.open();
    const subscription = using(made.lease, () => NEVER).subscribe();
    expect(made.stats.borrowed).toBe(1);
    subscription.unsubscribe();
    expect(made.stats.borrowed).toBe(0);
  });
});
