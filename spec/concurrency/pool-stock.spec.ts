import { NEVER, Observable, of, Subject } from 'rxjs';
import { pool, resource, using, type Pool } from '../../lib/index.js';
import { type Handle } from '../support/depot.js';
import { microtasks } from '../support/microtasks.js';
import { PoolTest } from '../support/pool-test.js';

describe('pool-stock: the handles of a pool', () => {
  let test: PoolTest;

  beforeEach(() => {
    test = new PoolTest();
  });

  afterEach(() => {
    test.end();
  });

  const ids = (made: Pool<Handle>, count: number): (number | undefined)[] => {
    const borrowers = test.borrow(made, count);
    const lent = borrowers.map(({ handle }) => handle?.id);
    for (const borrower of borrowers) borrower.done();
    return lent;
  };

  describe('which one is lent', () => {
    it('the one that is there, before one is made', () => {
      const made = test.open();
      expect([ids(made, 1), ids(made, 1), ids(made, 2), ids(made, 1)]).toEqual([[1], [1], [1, 2], [2]]);
      expect(test.depot.tries).toBe(2);
    });

    it('the one used last, by default', () => {
      const made = test.open();
      const [a, b, c] = test.borrow(made, 3);
      b?.done();
      c?.done();
      a?.done();
      expect(ids(made, 1)).toEqual([1]);
      expect(ids(made, 3)).toEqual([1, 3, 2]);
    });

    it('the one used longest ago, with fifo', () => {
      const made = test.open({ order: 'fifo' });
      const [a, b, c] = test.borrow(made, 3);
      b?.done();
      c?.done();
      a?.done();
      expect(ids(made, 1)).toEqual([2]);
      expect(ids(made, 3)).toEqual([3, 1, 2]);
    });
  });

  describe('destroying', () => {
    it('after `maxUses`, as `used`', () => {
      const made = test.open({ maxUses: 2, max: 1 });
      expect([ids(made, 1), ids(made, 1), ids(made, 1)]).toEqual([[1], [1], [2]]);
      expect(made.stats.destroyed.used).toBe(1);
      expect(test.depot.handles[0]?.exit).toEqual({ kind: 'complete' });
    });

    it('with a `maxUses` of 1 each is lent once', () => {
      const made = test.open({ maxUses: 1 });
      expect([ids(made, 2), ids(made, 1)]).toEqual([[1, 2], [3]]);
      expect(test.depot.live).toBe(0);
    });

    it('keeps the place until it is over: max 1, one alive (P1)', () => {
      const made = test.open({ max: 1, maxUses: 1 });
      test.depot.destroyTime = 100;
      const [first] = test.borrow(made, 1);
      const next = test.visitors.come(made.lease);
      first?.done();
      expect(made.stats).toMatchObject({ total: 1, destroying: 1, borrowed: 0, creating: 0, waiting: 1 });
      test.pass(99);
      expect(next.state).toBe('waiting');
      test.pass(1);
      expect(next.handle?.id).toBe(2);
      expect(test.depot.peak).toBe(1);
    });
  });

  describe('one that dies', () => {
    it('unused, is destroyed at once, told the error, and not lent again (P8)', () => {
      const made = test.open();
      ids(made, 2);
      const error = new Error('gone');
      test.depot.handles[1]?.lost.next(error);
      expect(test.depot.shelf).toEqual(['1']);
      expect(test.depot.handles[1]?.exit).toMatchObject({ kind: 'error', error: { name: 'ResourceLostError', cause: error } });
      expect(ids(made, 1)).toEqual([1]);
      expect(made.stats).toMatchObject({ total: 1, idle: 1, destroyed: { lost: 1 } });
    }); // prettier-ignore

    it('borrowed, ends its borrower with the ResourceLostError, and is destroyed then (law 29)', () => {
      const made = test.open();
      const [borrower] = test.borrow(made, 1);
      test.depot.handles[0]?.lost.error('cut');
      expect(borrower?.error).toMatchObject({ name: 'ResourceLostError', cause: 'cut' });
      expect(test.depot.handles[0]?.exit).toEqual({ kind: 'error', error: borrower?.error });
      expect(made.stats).toMatchObject({ total: 0, destroyed: { lost: 1, failed: 0 } });
    });

    it('says so twice: the second time is nothing', () => {
      const made = test.open();
      ids(made, 1);
      const { lost } = test.depot.handles[0] as Handle;
      lost.next(1);
      expect(lost.observed).toBe(false);
      expect(made.stats).toMatchObject({ total: 0, destroyed: { lost: 1 } });
    });

    it('is made anew for `min` at once, also while destroying it takes long (P10)', () => {
      const made = test.open({ min: 1, max: 2 });
      ids(made, 1);
      test.depot.destroyTime = 100;
      test.depot.handles[0]?.lost.next(1);
      expect(made.stats).toMatchObject({ total: 2, idle: 1, destroying: 1 });
    });

    it('before anybody had it, is made anew after a while that doubles, as if it had not been made', () => {
      const made = test.open({ min: 1 });
      const dies = (): void => {
        test.depot.handles.at(-1)?.lost.next('refused');
      };
      for (const wait of [10, 20, 40, 80]) {
        const { tries } = test.depot;
        dies();
        test.pass(wait - 1);
        expect(test.depot.tries).toBe(tries);
        test.pass(1);
        expect(test.depot.tries).toBe(tries + 1);
      }
      expect(made.stats).toMatchObject({ idle: 1, destroyed: { lost: 4 } });
    });

    it('while it is validated, is destroyed at once: nobody waits for the answer', () => {
      const made = test.open({ validate: () => NEVER, validateAfter: 0, max: 1 });
      ids(made, 1);
      test.pass(1);
      const borrower = test.visitors.come(made.lease);
      expect(made.stats).toMatchObject({ checking: 1, waiting: 1 });
      test.depot.handles[0]?.lost.next('gone');
      expect(borrower.handle?.id).toBe(2);
      expect(made.stats).toMatchObject({ checking: 0, destroyed: { lost: 1, invalid: 0 } });
    });

    it('out of its own validation, is destroyed at once too', () => {
      const left: string[] = [];
      const validate = ({ lost }: Handle): Observable<boolean> => {
        lost.next('found dead');
        return new Observable(() => () => left.push('left'));
      };
      const made = test.open({ validate, validateAfter: 0 });
      ids(made, 1);
      test.pass(1);
      expect(ids(made, 1)).toEqual([2]);
      expect(left).toEqual(['left']);
      expect(made.stats).toMatchObject({ total: 1, checking: 0, destroyed: { lost: 1 } });
    });

    it('is not lent to one more while its borrower takes time to end', () => {
      const made = test.open({ concurrency: 2 });
      const ending = new Subject<void>();
      const slow = resource({ acquire: () => 1, release: () => ending });
      const first = using(made.lease, () => using(slow, () => NEVER)).subscribe({ error: () => undefined });
      test.depot.handles[0]?.lost.next('gone');
      const second = test.visitors.come(made.lease);
      expect(second.handle?.id).toBe(2);
      ending.complete();
      expect(first.closed).toBe(true);
      expect(test.depot.shelf).toEqual(['2']);
    });

    it('at once, as often as one is made, is asked for after a while only, and its borrower told', () => {
      let tries = 0;
      const dead = resource({
        name: 'dead',
        acquire: () => {
          if (++tries > 50) throw new Error('hot');
          return tries;
        },
        lost: () => of('gone'),
      });
      let made: Pool<number> | null = null;
      const subscription = pool(dead, { scheduler: test.clock, random: () => 0 }).subscribe((one) => (made = one));
      const first = test.visitors.come((made as unknown as Pool<number>).lease);
      const second = test.visitors.come((made as unknown as Pool<number>).lease);
      expect(tries).toBe(1);
      expect(first.error).toMatchObject({ name: 'ResourceLostError', cause: 'gone' });
      expect(second.state).toBe('waiting');
      test.pass(10);
      expect([tries, second.state]).toEqual([2, 'failed']);
      subscription.unsubscribe();
    });
  });

  describe('one that is not wanted any more when it is made', () => {
    it('is destroyed where there may be fewer meanwhile', () => {
      const made = test.open({ max: 3 });
      test.depot.makeTime = 10;
      const borrowers = test.visitors.crowd(3, made.lease);
      expect(made.stats.creating).toBe(3);
      made.resize(1);
      test.pass(10);
      expect(made.stats).toMatchObject({ creating: 0, total: 1, borrowed: 1, waiting: 2, destroyed: { resized: 2 } });
      for (const borrower of borrowers) borrower.done();
      expect(made.stats).toMatchObject({ creating: 0, total: 1, idle: 1, waiting: 0 });
    });

    it('is destroyed where the pool is closed by whoever hears of it', () => {
      const made = test.open();
      test.depot.makeTime = 10;
      const borrower = test.visitors.come(made.lease);
      made.events$.subscribe(({ type }) => type === 'created' && void made.close());
      test.pass(10);
      expect(borrower.error).toMatchObject({ name: 'ClosedError' });
      expect(made.stats).toMatchObject({ total: 0, creating: 0, idle: 0, destroying: 0, destroyed: { closed: 1 } });
      expect(test.depot.live).toBe(0);
    });

    it('is destroyed where everything is evicted by whoever hears of it', () => {
      const made = test.open();
      test.depot.makeTime = 10;
      const borrower = test.visitors.come(made.lease);
      let isFirst = true;
      made.events$.subscribe(({ type }) => {
        if (type !== 'created' || !isFirst) return;
        isFirst = false;
        made.evict();
      });
      test.pass(10);
      expect(made.stats).toMatchObject({
        total: 1,
        creating: 1,
        idle: 0,
        borrowed: 0,
        destroying: 0,
        destroyed: { evicted: 1 },
      });
      test.pass(10);
      expect(borrower.handle?.id).toBe(2);
    });
  });

  describe('evict()', () => {
    it('destroys what is unused at once, and what is borrowed when it comes back', () => {
      const made = test.open();
      const [a, b] = test.borrow(made, 2);
      a?.done();
      made.evict();
      expect(test.depot.shelf).toEqual(['2']);
      b?.done();
      expect(test.depot.shelf).toEqual([]);
      expect(made.stats.destroyed.evicted).toBe(2);
    });

    it('only those that the predicate names', () => {
      const made = test.open();
      ids(made, 3);
      made.evict(({ id }) => id === 2);
      expect(test.depot.shelf).toEqual(['1', '3']);
    });

    it('makes new ones for `min`', () => {
      const made = test.open({ min: 2 });
      made.evict();
      expect(test.depot.shelf).toEqual(['3', '4']);
    });

    it('does nothing where the predicate throws, which is thrown', () => {
      const made = test.open();
      ids(made, 2);
      const predicate = ({ id }: Handle): boolean => {
        if (id === 2) throw new Error('no');
        return true;
      };
      expect(() => {
        made.evict(predicate);
      }).toThrow('no');
      expect(test.depot.shelf).toEqual(['1', '2']);
    });

    it('without a predicate, also what is being made', () => {
      const made = test.open();
      test.depot.makeTime = 10;
      const borrower = test.visitors.come(made.lease);
      test.pass(5);
      made.evict();
      test.pass(5);
      expect(borrower.state).toBe('waiting');
      test.pass(10);
      expect(borrower.handle?.id).toBe(2);
      expect(test.depot.shelf).toEqual(['2']);
    });

    it('also what is being validated just now', async () => {
      const gate = new Subject<boolean>();
      const made = test.open({ validate: () => gate, validateAfter: 0 });
      ids(made, 1);
      test.pass(1);
      const borrower = test.visitors.come(made.lease);
      expect(made.stats).toMatchObject({ checking: 1, idle: 1, waiting: 1 });
      made.evict();
      gate.next(true);
      await microtasks();
      expect(borrower.handle?.id).toBe(2);
      expect(test.depot.shelf).toEqual(['2']);
    });
  });

  describe('resize()', () => {
    it('to less destroys unused ones at once, as many as there are too many', () => {
      const made = test.open();
      ids(made, 3);
      made.resize(2);
      expect(made.stats).toMatchObject({ max: 2, total: 2, destroyed: { resized: 1 } });
    });

    it('to less destroys borrowed ones when they come back', () => {
      const made = test.open();
      const [a, b, c] = test.borrow(made, 3);
      made.resize(1);
      expect(made.stats).toMatchObject({ max: 1, total: 3, borrowed: 3 });
      a?.done();
      b?.done();
      c?.done();
      expect(test.depot.shelf).toEqual(['3']);
      expect(made.stats.destroyed.resized).toBe(2);
    });

    it('to more serves those who wait', () => {
      const made = test.open({ max: 1 });
      test.visitors.crowd(3, made.lease);
      made.resize(2);
      expect(test.visitors.are('inside')).toEqual(['1', '2']);
      expect(test.visitors.are('waiting')).toEqual(['3']);
      made.resize(3);
      expect(test.visitors.are('waiting')).toEqual([]);
    });

    it.each([0, -1, 1.5, NaN])('to %p is a RangeError', (max) => {
      const made = test.open();
      expect(() => {
        made.resize(max);
      }).toThrow(RangeError);
      expect(made.stats.max).toBe(10);
    });

    it('to less than `min` is a RangeError', () => {
      const made = test.open({ min: 2 });
      expect(() => {
        made.resize(1);
      }).toThrow(RangeError('Expected min to be max (1) at most, received 2.'));
    });

    it('of one pool leaves another one of the same resource alone', () => {
      const shared = pool(test.depot.resource, { max: 3, scheduler: test.clock });
      const pools: Pool<Handle>[] = [];
      const subscriptions = [1, 2].map(() => shared.subscribe((one) => pools.push(one)));
      pools[0]?.resize(1);
      expect(pools.map(({ stats }) => stats.max)).toEqual([1, 3]);
      for (const subscription of subscriptions) subscription.unsubscribe();
    });
  });

  describe('concurrency', () => {
    it('lends each handle to so many at a time', () => {
      const made = test.open({ concurrency: 2, max: 2 });
      const borrowers = test.visitors.crowd(5, made.lease);
      expect(borrowers.map(({ handle }) => handle?.id)).toEqual([1, 1, 2, 2, undefined]);
      expect(made.stats).toMatchObject({ total: 2, borrowed: 2, leases: 4, waiting: 1, idle: 0 });
      borrowers[1]?.done();
      expect(borrowers[4]?.handle?.id).toBe(1);
      for (const borrower of borrowers) borrower.done();
      expect(made.stats).toMatchObject({ total: 2, borrowed: 0, leases: 0, idle: 2 });
    });

    it('makes no more than it takes: one for ten who come together', () => {
      const made = test.open({ concurrency: 10, max: 4 });
      test.depot.makeTime = 10;
      const borrowers = test.visitors.crowd(11, made.lease);
      expect(made.stats.creating).toBe(2);
      test.pass(10);
      expect(borrowers.map(({ handle }) => handle?.id).sort()).toHaveLength(11);
      expect(made.stats).toMatchObject({ total: 2, leases: 11 });
    });

    it('may be Infinity: one for all', () => {
      const made = test.open({ concurrency: Infinity });
      test.depot.makeTime = 10;
      const borrowers = test.visitors.crowd(20, made.lease);
      test.pass(10);
      expect(new Set(borrowers.map(({ handle }) => handle?.id))).toEqual(new Set([1]));
      expect(test.depot.tries).toBe(1);
    });

    it('one that failed for one of its borrowers is lent no more, and destroyed after the last one', () => {
      const made = test.open({ concurrency: 2 });
      const [a, b] = test.borrow(made, 2);
      expect(b?.handle).toBe(a?.handle);
      a?.fail(new Error('boom'));
      expect(test.visitors.come(made.lease).handle?.id).toBe(2);
      expect(test.depot.shelf).toEqual(['1', '2']);
      b?.done();
      expect(test.depot.shelf).toEqual(['2']);
      expect(made.stats.destroyed.failed).toBe(1);
    });

    it('counts each loan as a use', () => {
      const made = test.open({ concurrency: 3, maxUses: 2 });
      const borrowers = test.visitors.crowd(3, made.lease);
      expect(borrowers.map(({ handle }) => handle?.id)).toEqual([1, 1, 2]);
    });

    it('resets it when the last borrower has gone', () => {
      const resets: number[] = [];
      const made = test.open({ concurrency: 2, reset: ({ id }) => resets.push(id) });
      const [a, b] = test.borrow(made, 2);
      a?.done();
      expect(resets).toEqual([]);
      b?.done();
      expect(resets).toEqual([1]);
    });

    it('one that has lived too long is lent no more, also where it is never quite unused (P10)', () => {
      const made = test.open({ concurrency: 2, maxLifetime: 100 });
      let [last] = test.borrow(made, 1);
      for (let i = 0; i < 12; i++) {
        test.pass(10);
        const [next] = test.borrow(made, 1);
        last?.done();
        last = next;
      }
      expect(last?.handle?.id).toBe(2);
      expect(test.depot.shelf).toEqual(['2']);
      expect(made.stats.destroyed.expired).toBe(1);
    });

    it('one that has been taken back is lent no more while its borrowers take time to end', () => {
      const made = test.open({ concurrency: 2, reclaimAfter: 100 });
      const ending = new Subject<void>();
      const slow = resource({ acquire: () => 1, release: () => ending });
      using(made.lease, () => using(slow, () => NEVER)).subscribe({ error: () => undefined });
      test.pass(100);
      const second = test.visitors.come(made.lease);
      expect(second.handle?.id).toBe(2);
      ending.complete();
      expect(test.depot.shelf).toEqual(['2']);
    });
  });
});
