import { NEVER, Subject } from 'rxjs';
import { resource, using, type Pool, type PoolEvent } from '../../lib/index.js';
import { type Handle } from '../support/depot.js';
import { rejection } from '../support/rejection.js';
import { PoolTest } from '../support/pool-test.js';

describe('pool-upkeep: what time does to the handles of a pool, and to its borrowers', () => {
  let test: PoolTest;

  beforeEach(() => {
    test = new PoolTest();
  });

  afterEach(() => {
    test.end();
  });

  const useOnce = (made: Pool<Handle>, count: number): void => {
    for (const borrower of test.borrow(made, count)) borrower.done();
  };

  describe('idleTimeout', () => {
    it('destroys those above `min`, the oldest first, when nobody has used them for so long, and not sooner', () => {
      const made = test.open({ idleTimeout: 100, min: 1 });
      useOnce(made, 3);
      test.pass(99);
      expect(made.stats.total).toBe(3);
      test.pass(1);
      expect(test.depot.shelf).toEqual(['3']);
      test.pass(10_000);
      expect(test.depot.shelf).toEqual(['3']);
      expect(made.stats.destroyed.idle).toBe(2);
    });

    it('counts from the last use', () => {
      const made = test.open({ idleTimeout: 100 });
      useOnce(made, 2);
      test.pass(60);
      useOnce(made, 1);
      test.pass(60);
      expect(test.depot.shelf).toEqual(['2']);
      test.pass(40);
      expect(test.depot.shelf).toEqual([]);
    });

    it('is up to 2.5 % longer by chance', () => {
      const made = test.open({ idleTimeout: 1_000, random: () => 0.8 });
      useOnce(made, 1);
      test.pass(1_019);
      expect(made.stats.total).toBe(1);
      test.pass(1);
      expect(made.stats.total).toBe(0);
    });

    it('of 0 keeps none above `min`', () => {
      const made = test.open({ idleTimeout: 0, min: 1 });
      useOnce(made, 3);
      test.pass(0);
      expect(made.stats.total).toBe(1);
    });

    it('of Infinity keeps all, without a timer', () => {
      const made = test.open({ idleTimeout: Infinity, maxLifetime: Infinity, acquireTimeout: Infinity });
      useOnce(made, 3);
      expect(test.clock.timers).toBe(0);
      expect(made.stats.total).toBe(3);
    });

    it('never ends what is borrowed (P10)', () => {
      const made = test.open({ idleTimeout: 100 });
      useOnce(made, 1);
      const [borrower] = test.borrow(made, 1);
      test.pass(1_000);
      expect(borrower?.state).toBe('inside');
      borrower?.done();
      expect(made.stats.total).toBe(1);
    });

    it('goes on where handles are kept alive meanwhile', () => {
      const made = test.open({ idleTimeout: 100, keepAlive: 30, validate: () => true });
      useOnce(made, 1);
      test.pass(99);
      expect(made.stats.total).toBe(1);
      test.pass(1);
      expect(made.stats).toMatchObject({ total: 0, destroyed: { idle: 1 } });
    });

    it('takes as many timers as one handle, however many there are', () => {
      const made = test.open({ max: 50, idleTimeout: 100, maxLifetime: 1_000 });
      useOnce(made, 50);
      const { timers } = test.clock;
      expect(timers).toBeLessThanOrEqual(2); // the other one is that of the line, which is left alone
    });
  });

  describe('maxLifetime', () => {
    it('destroys unused ones of that age, and makes new ones for `min` (P10)', () => {
      const made = test.open({ maxLifetime: 1_000, min: 2 });
      test.pass(999);
      expect(test.depot.shelf).toEqual(['1', '2']);
      test.pass(1);
      expect(test.depot.shelf).toEqual(['3', '4']);
      expect(made.stats.destroyed.expired).toBe(2);
    });

    it('never ends what is borrowed: that is destroyed when it comes back (P10)', () => {
      const made = test.open({ maxLifetime: 1_000 });
      const [borrower] = test.borrow(made, 1);
      test.pass(5_000);
      expect(borrower?.state).toBe('inside');
      borrower?.done();
      expect(test.depot.shelf).toEqual([]);
      expect(made.stats.destroyed.expired).toBe(1);
    });

    it('is up to 2.5 % less by chance, each its own', () => {
      const numbers = [0, 0, 0.4, 0, 0.8, 0];
      const made = test.open({ maxLifetime: 1_000, idleTimeout: Infinity, random: () => numbers.shift() ?? 0 });
      useOnce(made, 3);
      test.pass(979);
      expect(test.depot.shelf).toEqual(['1', '2', '3']);
      test.pass(1);
      expect(test.depot.shelf).toEqual(['1', '2']);
      test.pass(10);
      expect(test.depot.shelf).toEqual(['1']);
      test.pass(10);
      expect(test.depot.shelf).toEqual([]);
    });

    it('counts from when it was made, not from when that was asked for', () => {
      test.depot.makeTime = 50;
      const made = test.open({ maxLifetime: 100, min: 1 });
      test.pass(149);
      expect(test.depot.shelf).toEqual(['1']);
      test.pass(1);
      expect(made.stats).toMatchObject({ total: 1, creating: 1 });
    });

    it('of Infinity is none', () => {
      const made = test.open({ maxLifetime: Infinity, min: 1 });
      test.pass(10_000_000);
      expect(made.stats.destroyed.expired).toBe(0);
    });

    it('beyond the longest timer is no shorter', () => {
      const made = test.open({ maxLifetime: 2 ** 32, min: 1 });
      test.pass(2 ** 32 - 1);
      expect(test.depot.tries).toBe(1);
      test.pass(1);
      expect(test.depot.tries).toBe(2);
      void made.close();
    });
  });

  describe('keepAlive', () => {
    it('validates unused ones each time so long has passed', () => {
      const seen: [number, number][] = [];
      const made = test.open({
        keepAlive: 100,
        idleTimeout: Infinity,
        validate: ({ id }) => seen.push([id, test.clock.now()]),
      });
      useOnce(made, 1);
      test.pass(250);
      expect(seen).toEqual([[1, 100], [1, 200]]);
      test.borrow(made, 1);
      test.pass(250);
      expect(seen).toHaveLength(2);
    }); // prettier-ignore

    it('is up to 10 % earlier by chance', () => {
      const seen: number[] = [];
      test.open({ keepAlive: 100, min: 1, random: () => 0.5, validate: () => seen.push(test.clock.now()) });
      test.pass(100);
      expect(seen).toEqual([95]);
    });

    it('reserves it meanwhile: it is not lent', () => {
      const answer = new Subject<boolean>();
      const made = test.open({ keepAlive: 100, min: 1, max: 1, validate: () => answer });
      test.pass(100);
      expect(made.stats).toMatchObject({ checking: 1, idle: 1 });
      const borrower = test.visitors.come(made.lease);
      expect(borrower.state).toBe('waiting');
      answer.next(true);
      expect(borrower.handle?.id).toBe(1);
    });

    it('destroys what fails, and makes a new one for `min` (P8)', () => {
      const made = test.open({ keepAlive: 100, min: 1, validate: ({ id }) => id !== 1 });
      test.pass(100);
      expect(test.depot.shelf).toEqual(['2']);
      expect(made.stats.destroyed.invalid).toBe(1);
    });

    it('counts as validated, and changes nothing in which one is lent next', () => {
      const seen: number[] = [];
      const numbers = [0, 0, 0, 0, 0, 0.5]; // the second one is validated first
      const validate = ({ id }: Handle): unknown => seen.push(id);
      const made = test.open({ keepAlive: 1_000, validate, random: () => numbers.shift() ?? 0, max: 2 });
      const [a, b] = test.borrow(made, 2);
      a?.done();
      test.pass(1);
      b?.done();
      test.pass(960);
      expect(seen).toEqual([2]);
      test.pass(40);
      expect(seen).toEqual([2, 1]);
      const [next] = test.borrow(made, 1);
      expect([next?.handle?.id, seen]).toEqual([2, [2, 1]]);
    });
  });

  describe('leakAfter', () => {
    const leaks = (made: Pool<Handle>): PoolEvent[] => {
      const told: PoolEvent[] = [];
      made.events$.subscribe((event) => {
        if (event.type === 'leaked' || event.type === 'unleaked') told.push(event);
      });
      return told;
    };

    it('tells of who has borrowed for so long, once, and takes it back when it comes back', () => {
      const made = test.open({ leakAfter: 100 });
      const events = test.listen(made);
      const [borrower] = test.borrow(made, 1);
      test.pass(99);
      expect(events.filter((line) => line.includes('leaked'))).toEqual([]);
      test.pass(1);
      expect(events.filter((line) => line.includes('leaked'))).toEqual(['leaked handle 100']);
      expect(made.stats).toMatchObject({ leaked: 1, borrowed: 1 });
      test.pass(900);
      borrower?.done();
      expect(events.filter((line) => line.includes('leaked'))).toEqual(['leaked handle 100', 'unleaked handle 1000']);
      expect(made.stats).toMatchObject({ leaked: 0, borrowed: 0 });
    });

    it('tells nothing of who gives back in time', () => {
      const made = test.open({ leakAfter: 100 });
      const told = leaks(made);
      for (let i = 0; i < 10; i++) {
        const [borrower] = test.borrow(made, 1);
        test.pass(60);
        borrower?.done();
      }
      expect(told).toEqual([]);
    });

    it('says where it was borrowed, also of one who had to wait', () => {
      const made = test.open({ leakAfter: 100, max: 1 });
      const told = leaks(made);
      const [first] = test.borrow(made, 1);
      function whoWaits(): void {
        test.visitors.come(made.lease);
      }
      function whoGivesBack(): void {
        first?.done();
      }
      whoWaits();
      whoGivesBack();
      expect(made.holders()[0]?.stack).toMatch('whoWaits');
      test.pass(100);
      const [leak] = told as { holder: { stack: string } }[];
      expect(leak?.holder.stack).toMatch('whoWaits');
      expect(leak?.holder.stack).not.toMatch('whoGivesBack');
    });

    it('says where a promise borrowed', async () => {
      const made = test.open({ leakAfter: 100, max: 1 });
      async function whoForgets(): Promise<AsyncDisposable> {
        return made.acquire();
      }
      const held = await whoForgets();
      expect(made.holders()[0]?.stack).toMatch('whoForgets');
      await held[Symbol.asyncDispose]();
    });

    it('keeps no stacks where it is off', () => {
      const made = test.open();
      test.borrow(made, 1);
      expect(made.holders()).toEqual([{ name: 'handle', heldFor: 0, stack: null }]);
    });

    it('goes on while the pool is closing', () => {
      const made = test.open({ leakAfter: 100 });
      const told = leaks(made);
      test.borrow(made, 1);
      void made.close();
      test.pass(100);
      expect(told.map(({ type }) => type)).toEqual(['leaked']);
    });
  });

  describe('reclaimAfter', () => {
    it('ends who has borrowed for so long with a ResourceLostError, and destroys the handle', () => {
      const made = test.open({ reclaimAfter: 100, max: 1 });
      const [borrower] = test.borrow(made, 1);
      const next = test.visitors.come(made.lease);
      test.pass(99);
      expect(borrower?.state).toBe('inside');
      test.pass(1);
      expect(borrower?.error).toMatchObject({ name: 'ResourceLostError', resource: 'pool(handle)' });
      expect((borrower?.error as Error).message).toBe(
        'A handle of "pool(handle)" was taken back: it had been borrowed for 100 ms, the longest that is allowed.',
      );
      expect(test.depot.handles[0]?.exit).toEqual({ kind: 'error', error: borrower?.error });
      expect(next.handle?.id).toBe(2);
      expect(made.stats.destroyed.reclaimed).toBe(1);
    });

    it('a promise is told when it gives back', async () => {
      const made = test.open({ reclaimAfter: 100 });
      const held = await made.acquire();
      test.pass(100);
      expect(made.stats).toMatchObject({ borrowed: 0, total: 0 });
      expect(await rejection(held.release())).toMatchObject({ name: 'ResourceLostError' });
      expect(await held.release()).toBe(false);
    });

    it('after being told as leaked', () => {
      const made = test.open({ leakAfter: 50, reclaimAfter: 100 });
      const events = test.listen(made);
      test.borrow(made, 1);
      test.pass(100);
      expect(events.slice(1)).toEqual([
        'borrowed 0',
        'leaked handle 50',
        'returned 100',
        'unleaked handle 100',
        'destroyed 0 reclaimed',
      ]);
    });

    it('goes on while the pool is closing, so that it does not wait for ever', async () => {
      const made = test.open({ reclaimAfter: 100 });
      test.borrow(made, 1);
      const closing = made.close();
      test.pass(100);
      expect(await closing).toEqual({ destroyed: 1, forced: [] });
    });

    it('waits for what its borrower still has to release', () => {
      const made = test.open({ reclaimAfter: 100 });
      const ending = new Subject<void>();
      const slow = resource({ acquire: () => 1, release: () => ending });
      using(made.lease, () => using(slow, () => NEVER)).subscribe({ error: () => undefined });
      test.pass(500);
      expect(made.stats).toMatchObject({ borrowed: 1, destroyed: { reclaimed: 0 } });
      ending.complete();
      expect(made.stats).toMatchObject({ borrowed: 0, destroyed: { reclaimed: 1 } });
    });
  });
});
