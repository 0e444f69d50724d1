import { NEVER, Observable, of } from 'rxjs';
import { acquireTimeout, DeadlockError, using } from '../../lib/index.js';
import { rejection } from '../support/rejection.js';
import { PoolTest } from '../support/pool-test.js';

describe('pool-line: those who wait for a handle', () => {
  let test: PoolTest;

  beforeEach(() => {
    test = new PoolTest();
  });

  afterEach(() => {
    test.end();
  });

  describe('order', () => {
    it('is that of arrival (P2, law 35)', () => {
      const made = test.open({ max: 1 });
      test.visitors.crowd(5, made.lease);
      test.visitors.empty();
      expect(test.visitors.order).toEqual(['1', '2', '3', '4', '5']);
    });

    it('is the same for promises and scopes', async () => {
      const made = test.open({ max: 1 });
      const [first] = test.borrow(made, 1);
      const order: string[] = [];
      const promise = made.acquire().then(async (held) => {
        order.push('promise');
        await held.release();
      });
      const scope = test.visitors.come(made.lease, 'scope', () => order.push('scope'));
      first?.done();
      await promise;
      expect(order).toEqual(['promise', 'scope']);
      expect(scope.state).toBe('inside');
    });

    it('higher priorities first', () => {
      const made = test.open({ max: 1 });
      const [first] = test.borrow(made, 1);
      for (const [name, priority] of [['low', -1], ['plain', 0], ['high', 5], ['plain 2', 0], ['high 2', 5]] as const) {
        test.visitors.come(made.leaseWith({ priority }), name);
      }
      first?.done();
      test.visitors.empty();
      expect(test.visitors.order).toEqual(['1', 'high', 'high 2', 'plain', 'plain 2', 'low']);
    }); // prettier-ignore

    it('with aging, waiting makes up for priority', () => {
      const made = test.open({ max: 1, aging: 100 });
      const [first] = test.borrow(made, 1);
      test.visitors.come(made.lease, 'early');
      test.pass(150);
      test.visitors.come(made.leaseWith({ priority: 1 }), 'late');
      first?.done();
      test.visitors.empty();
      expect(test.visitors.order).toEqual(['1', 'early', 'late']);
    });

    it.each([NaN, Infinity, '1'])('a priority of %p is a RangeError at the call', async (priority) => {
      const made = test.open();
      expect(() => made.leaseWith({ priority: priority as number })).toThrow(RangeError);
      expect(await rejection(made.acquire({ priority: priority as number }))).toBeInstanceOf(RangeError);
    });

    it('ten thousand who wait are served without a growing stack (law 6)', () => {
      const made = test.open({ max: 1 });
      const [first] = test.borrow(made, 1);
      let served = 0;
      for (let i = 0; i < 10_000; i++) {
        using(made.lease, () => of(1)).subscribe({ complete: () => served++ });
      }
      first?.done();
      expect(served).toBe(10_000);
      expect(made.stats).toMatchObject({ asked: 10_001, served: 10_001, waiting: 0, idle: 1 });
    });
  });

  describe('waiting too long', () => {
    it('fails with an AcquireTimeoutError that says how it stands, and who has had one longest', () => {
      const made = test.open({ max: 3, acquireTimeout: 30 });
      test.pass(5);
      for (const name of ['a', 'b', 'c']) {
        test.visitors.come(made.lease, name);
        test.pass(10);
      }
      const late = test.visitors.come(made.lease, 'late');
      test.visitors.come(made.lease, 'other');
      test.pass(30);
      expect(late.error).toMatchObject({ name: 'AcquireTimeoutError', code: 'RXSCOPE_ACQUIRE_TIMEOUT', resource: 'handle' });
      expect((late.error as Error).message).toBe(
        '"handle" lent nothing within 30 ms: max 3, total 3, idle 0, borrowed 3, creating 0, destroying 0, waiting 2. ' +
          'Held longest: "handle" for 60 ms, "handle" for 50 ms, "handle" for 40 ms.',
      );
      expect(made.stats).toMatchObject({ timedOut: 2, waiting: 0 });
    }); // prettier-ignore

    it('names the three who have had one longest', () => {
      const made = test.open({ max: 5, acquireTimeout: 1 });
      test.pass(1);
      test.borrow(made, 5);
      const late = test.visitors.come(made.lease);
      test.pass(1);
      expect((late.error as Error).message.match(/for 1 ms/g)).toHaveLength(3);
    });

    it('says where the borrower is inside a scope that holds some (P17)', () => {
      const made = test.open({ max: 2, acquireTimeout: 10 });
      test.borrow(made, 1);
      const errors: unknown[] = [];
      using(made.lease, () => using(made.lease, () => NEVER)).subscribe({ error: (error: unknown) => errors.push(error) });
      test.pass(10);
      expect((errors[0] as Error).message).toMatch(/The borrower is inside a scope that holds 1 of them: borrow once, around both\.$/);
    }); // prettier-ignore

    it('is counted for each from when it came', () => {
      const made = test.open({ max: 1, acquireTimeout: 100 });
      test.borrow(made, 1);
      const failed: [string, number][] = [];
      const come = (name: string, timeout?: number): void => {
        const lease = timeout === undefined ? made.lease : made.leaseWith({ timeout });
        const told = (): number => failed.push([name, test.clock.now()]);
        test.guests.add(using(lease, () => NEVER).subscribe({ error: told }));
      };
      come('a');
      test.pass(10);
      come('b', 20);
      come('c', 200);
      come('d', 0);
      come('e', Infinity);
      test.pass(10_000);
      expect(failed).toEqual([['d', 10], ['b', 30], ['a', 100], ['c', 210]]);
      expect(made.stats.waiting).toBe(1);
    }); // prettier-ignore

    it('may be limited for each call', async () => {
      const made = test.open({ max: 1 });
      test.borrow(made, 1);
      const failing = rejection(made.acquire({ timeout: 5 }));
      test.pass(5);
      expect(await failing).toMatchObject({ name: 'AcquireTimeoutError' });
      expect(() => made.leaseWith({ timeout: -1 })).toThrow(RangeError);
      expect(await rejection(made.acquire({ timeout: NaN }))).toBeInstanceOf(RangeError);
    });

    it('does not touch those who come after it, nor who has one', () => {
      const made = test.open({ max: 1, acquireTimeout: 10 });
      const [first] = test.borrow(made, 1);
      const second = test.visitors.come(made.lease);
      test.pass(5);
      const third = test.visitors.come(made.lease);
      test.pass(5);
      expect([first?.state, second.state, third.state]).toEqual(['inside', 'failed', 'waiting']);
      first?.done();
      expect(third.state).toBe('inside');
    });

    it('one that is told, and sends another one away, who would be told next', () => {
      const made = test.open({ max: 1, acquireTimeout: 10 });
      test.borrow(made, 1);
      const told: string[] = [];
      const first = using(made.lease, () => NEVER);
      first.subscribe({ error: () => { told.push('first'); second.unsubscribe(); } }); // prettier-ignore
      const second = using(made.lease, () => NEVER).subscribe({ error: () => told.push('second') });
      test.pass(10);
      expect(told).toEqual(['first']);
      expect(made.stats).toMatchObject({ timedOut: 1, left: 1 });
    });

    it('sets one timer for all of them, and none that outlasts the pool', () => {
      const made = test.open({ max: 1, idleTimeout: Infinity, maxLifetime: Infinity });
      test.borrow(made, 1);
      const crowd = test.visitors.crowd(100, made.lease);
      expect(test.clock.timers).toBe(1);
      for (const visitor of crowd) visitor.leave();
      void made.close();
      expect(test.clock.timers).toBe(0);
    });

    it('acquireTimeout() around a lease leaves the line too', () => {
      const made = test.open({ max: 1 });
      test.borrow(made, 1);
      const second = test.visitors.come(made.lease.pipe(acquireTimeout(5, test.clock)));
      test.pass(5);
      expect(second.error).toMatchObject({ name: 'AcquireTimeoutError' });
      expect(made.stats).toMatchObject({ waiting: 0, left: 1, timedOut: 0 });
    });
  });

  describe('leaving', () => {
    it('gives up the place, and delays nobody (P2)', () => {
      const made = test.open({ max: 1 });
      const [first, second, third] = test.visitors.crowd(3, made.lease);
      second?.leave();
      expect(made.stats).toMatchObject({ waiting: 1, left: 1 });
      first?.done();
      expect(third?.state).toBe('inside');
      expect(second?.state).toBe('left');
    });

    it('is told on stats$', () => {
      const made = test.open({ max: 1 });
      const [, second] = test.visitors.crowd(2, made.lease);
      const seen: number[] = [];
      made.stats$.subscribe(({ waiting }) => seen.push(waiting));
      second?.leave();
      expect(seen).toEqual([1, 0]);
    });

    it('while one is made for it: that is there for the next one', () => {
      const made = test.open();
      test.depot.makeTime = 10;
      const first = test.visitors.come(made.lease);
      test.pass(5);
      first.leave();
      const second = test.visitors.come(made.lease);
      test.pass(5);
      expect(second.handle?.id).toBe(1);
      expect(test.depot.tries).toBe(1);
    });

    it('has those served who can be (P14): the line is looked at again', () => {
      const made = test.open({ max: 1 });
      test.borrow(made, 1)[0]?.done();
      made.suspend();
      const [first, second] = test.visitors.crowd(2, made.lease);
      made.resume();
      expect([first?.state, second?.state]).toEqual(['inside', 'waiting']);
      first?.leave();
      expect(second?.state).toBe('inside');
    });

    it('ten thousand who leave from the middle take no time each (P2)', () => {
      const made = test.open({ max: 1 });
      test.borrow(made, 1);
      const subscriptions = Array.from({ length: 10_000 }, () => using(made.lease, () => NEVER).subscribe());
      for (const subscription of subscriptions.slice(1, -1).reverse()) subscription.unsubscribe();
      expect(made.stats).toMatchObject({ waiting: 2, left: 9_998 });
      for (const subscription of subscriptions) subscription.unsubscribe();
    });
  });

  describe('maxWaiting', () => {
    it('refuses one more with a CapacityError that says how it stands', () => {
      const made = test.open({ max: 1, maxWaiting: 1 });
      test.borrow(made, 1);
      test.visitors.come(made.lease);
      const third = test.visitors.come(made.lease);
      expect(third.error).toMatchObject({ name: 'CapacityError', resource: 'handle' });
      expect((third.error as Error).message).toBe(
        '"handle" has nothing to lend, and 1 may wait at most: max 1, total 1, idle 0, borrowed 1, creating 0, destroying 0, waiting 1.',
      );
      expect(made.stats.refused).toBe(1);
    });

    it('does not count those for whom one is made', () => {
      const made = test.open({ max: 2, maxWaiting: 0 });
      test.depot.makeTime = 10;
      const [first, second, third] = test.visitors.crowd(3, made.lease);
      expect([first?.state, second?.state, third?.state]).toEqual(['waiting', 'waiting', 'failed']);
      test.pass(20);
      expect([first?.state, second?.state]).toEqual(['inside', 'inside']);
    });

    it('nor all those who will share it', () => {
      const made = test.open({ max: 1, maxWaiting: 0, concurrency: 3 });
      test.depot.makeTime = 10;
      const crowd = test.visitors.crowd(4, made.lease);
      expect(crowd.map(({ state }) => state)).toEqual(['waiting', 'waiting', 'waiting', 'failed']);
      test.pass(10);
      expect(test.visitors.are('inside')).toHaveLength(3);
    });

    it('nor one for whom an unused one is validated', () => {
      const made = test.open({ max: 1, maxWaiting: 0, validate: () => true });
      test.borrow(made, 1)[0]?.done();
      test.pass(10_000);
      expect(test.visitors.come(made.lease).handle?.id).toBe(1);
      expect(test.visitors.come(made.lease).state).toBe('failed');
    });

    it('counts one that is destroyed as taken', () => {
      const made = test.open({ max: 1, maxWaiting: 0, maxUses: 1 });
      test.depot.destroyTime = 10;
      test.borrow(made, 1)[0]?.done();
      expect(test.visitors.come(made.lease).state).toBe('failed');
      test.pass(10);
      expect(test.visitors.come(made.lease).state).toBe('inside');
    });

    it('counts for acquire() and tryLease too', async () => {
      const made = test.open({ max: 1, maxWaiting: 0 });
      test.borrow(made, 1);
      expect(await rejection(made.acquire())).toMatchObject({ name: 'CapacityError' });
      expect(test.visitors.come(made.tryLease).error).toMatchObject({ name: 'CapacityError' });
    });
  });

  describe('borrowing inside of borrowing (P17)', () => {
    it('fails with a DeadlockError at once where everything is lent to scopes around', () => {
      const made = test.open({ max: 1 });
      const errors: unknown[] = [];
      using(made.lease, () => using(made.lease, () => NEVER)).subscribe({ error: (error: unknown) => errors.push(error) });
      expect(errors[0]).toBeInstanceOf(DeadlockError);
      expect((errors[0] as Error).message).toBe(
        '"handle" has lent everything to scopes that wait for one more inside of them, this one included: ' +
          'max 1, total 1, idle 0, borrowed 1, creating 0, destroying 0, waiting 0. Borrow once, around both, or give back first.',
      );
      expect(made.stats).toMatchObject({ borrowed: 0, refused: 1 });
    }); // prettier-ignore

    it('is fine as long as there is another one', () => {
      const made = test.open({ max: 3 });
      const subscription = using(made.lease, () => using(made.lease, () => using(made.lease, () => NEVER))).subscribe();
      expect(made.stats.borrowed).toBe(3);
      subscription.unsubscribe();
    });

    it('fails for the last of several that wait for each other', () => {
      const made = test.open({ max: 2 });
      const failed: string[] = [];
      let go: (() => void)[] = [];
      for (const name of ['a', 'b']) {
        const inner = new Observable<never>((subscriber) => {
          go.push(() => subscriber.add(using(made.lease, () => NEVER).subscribe(subscriber)));
        });
        const told = (error: unknown): number => failed.push(`${name} ${(error as Error).name}`);
        test.guests.add(using(made.lease, () => inner).subscribe({ error: told }));
      }
      go.forEach((run) => { run(); });
      go = [];
      expect(failed).toEqual(['b DeadlockError']);
      expect(made.stats).toMatchObject({ borrowed: 2, waiting: 0, refused: 1 }); // 'a' has what 'b' gave back
    }); // prettier-ignore

    it('waits where somebody else may give back', () => {
      const made = test.open({ max: 2 });
      const [other] = test.borrow(made, 1);
      const states: string[] = [];
      const subscription = using(made.lease, () => using(made.lease, () => (states.push('inside'), NEVER))).subscribe();
      expect(states).toEqual([]);
      other?.done();
      expect(states).toEqual(['inside']);
      subscription.unsubscribe();
    });

    it('waits where a promise holds one: that may come back', async () => {
      const made = test.open({ max: 2 });
      const held = await made.acquire();
      let inside = false;
      const subscription = using(made.lease, () => using(made.lease, () => ((inside = true), NEVER))).subscribe();
      await held.release();
      expect(inside).toBe(true);
      subscription.unsubscribe();
    });

    it('takes one that only has to be validated first', () => {
      const made = test.open({ max: 2, validate: () => true });
      const [a, b] = test.borrow(made, 2);
      a?.done();
      b?.done();
      test.pass(10_000);
      let inside = false;
      const subscription = using(made.lease, () => using(made.lease, () => ((inside = true), NEVER))).subscribe();
      expect(inside).toBe(true);
      subscription.unsubscribe();
    });

    it('waits while the pool is suspended', () => {
      const made = test.open({ max: 2 });
      const [a, b] = test.borrow(made, 2);
      a?.done();
      b?.done();
      let inside = false;
      const body = (): Observable<never> => {
        made.suspend();
        return using(made.lease, () => ((inside = true), NEVER));
      };
      const subscription = using(made.lease, body).subscribe();
      expect(made.stats.waiting).toBe(1);
      made.resume();
      expect(inside).toBe(true);
      subscription.unsubscribe();
    });

    it('waits while it is suspended, for one that several may share', () => {
      const made = test.open({ max: 1, concurrency: 2 });
      let inside = false;
      const body = (): Observable<never> => {
        made.suspend();
        return using(made.lease, () => ((inside = true), NEVER));
      };
      const subscription = using(made.lease, body).subscribe();
      expect([inside, made.stats.waiting]).toEqual([false, 1]);
      made.resume();
      expect(inside).toBe(true);
      subscription.unsubscribe();
    });

    it('of another pool is nothing special', () => {
      const one = test.open({ max: 1 });
      const two = test.open({ max: 1 });
      const subscription = using(one.lease, () => using(two.lease, () => NEVER)).subscribe();
      expect([one.stats.borrowed, two.stats.borrowed]).toEqual([1, 1]);
      subscription.unsubscribe();
    });
  });

  describe('suspend() and resume()', () => {
    it('lends nothing in between, whatever is there; then to all, in order', () => {
      const made = test.open();
      test.borrow(made, 1)[0]?.done();
      made.suspend();
      const crowd = test.visitors.crowd(3, made.lease);
      expect(crowd.map(({ state }) => state)).toEqual(['waiting', 'waiting', 'waiting']);
      expect(test.visitors.come(made.tryLease).error).toMatchObject({ name: 'CapacityError' });
      expect(test.depot.tries).toBe(1);
      made.resume();
      expect(crowd.map(({ handle }) => handle?.id)).toEqual([1, 2, 3]);
    });

    it('leaves borrowers alone, takes back, and keeps `min`', () => {
      const made = test.open({ min: 1 });
      const [first] = test.borrow(made, 1);
      made.suspend();
      first?.fail(new Error('boom'));
      expect(made.stats).toMatchObject({ total: 1, idle: 1, borrowed: 0 });
      expect(test.depot.shelf).toEqual(['2']);
      made.resume();
    });

    it('who waits too long is told all the same', () => {
      const made = test.open({ acquireTimeout: 10 });
      made.suspend();
      const first = test.visitors.come(made.lease);
      test.pass(10);
      expect(first.error).toMatchObject({ name: 'AcquireTimeoutError' });
    });

    it('closing ends it', () => {
      const made = test.open();
      made.suspend();
      const first = test.visitors.come(made.lease);
      void made.close();
      expect(first.error).toMatchObject({ name: 'ClosedError' });
    });
  });

  describe('tryLease', () => {
    it('lends what is there, and else fails at once with a CapacityError, having one made for the next', () => {
      const made = test.open({ max: 2 });
      test.depot.makeTime = 10;
      const first = test.visitors.come(made.tryLease);
      expect(first.error).toMatchObject({ name: 'CapacityError', resource: 'handle' });
      expect((first.error as Error).message).toMatch('"handle" has nothing to lend at once: max 2, total 1, idle 0');
      test.pass(10);
      expect(test.visitors.come(made.tryLease).handle?.id).toBe(1);
    });

    it('lends one that is made at once', () => {
      const made = test.open({ max: 1 });
      expect(test.visitors.come(made.tryLease).state).toBe('inside');
      expect(test.visitors.come(made.tryLease).state).toBe('failed');
    });

    it('is in no deadlock inside of a scope that holds what it wants, as it does not wait', () => {
      const made = test.open({ max: 1 });
      const failures: unknown[] = [];
      using(made.lease, () => using(made.tryLease, () => [])).subscribe({
        error: (error: unknown) => failures.push(error),
      });
      expect(failures).toMatchObject([{ name: 'CapacityError' }]);
    });

    it('does not overtake those who wait', () => {
      const made = test.open({ max: 1 });
      const [first] = test.visitors.crowd(2, made.lease);
      const third = test.visitors.come(made.tryLease);
      expect(third.state).toBe('failed');
      first?.done();
      expect(test.visitors.are('inside')).toEqual(['2']);
      expect(made.stats.waiting).toBe(0);
    });
  });
});
