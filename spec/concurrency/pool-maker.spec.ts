import { range } from 'rxjs';
import { type AcquireTimeoutError, type Pool } from '../../lib/index.js';
import { type Handle } from '../support/depot.js';
import { PoolTest } from '../support/pool-test.js';

describe('pool-maker: when a pool makes one', () => {
  let test: PoolTest;

  beforeEach(() => {
    test = new PoolTest();
  });

  afterEach(() => {
    test.end();
  });

  /** Borrowers who keep theirs for so long, in a row. */
  const users = (made: Pool<Handle>, count: number, use: number): void => {
    for (let i = 0; i < count; i++) {
      test.visitors.come(made.lease, undefined, (self) => {
        test.clock.schedule(() => {
          self.done();
        }, use);
      });
    }
  };

  describe('beforehand', () => {
    it('makes `min` as it is opened, four at a time at most', () => {
      test.depot.makeTime = 10;
      const made = test.open({ min: 6 });
      expect(made.stats).toMatchObject({ creating: 4, total: 4 });
      test.pass(10);
      expect(made.stats).toMatchObject({ creating: 2, idle: 4 });
      test.pass(10);
      expect(made.stats).toMatchObject({ creating: 0, idle: 6 });
    });

    it('makes none where `min` is 0', () => {
      expect(test.open().stats.total).toBe(0);
      expect(test.depot.tries).toBe(0);
    });

    it('makes another one for `min` where one has gone', () => {
      const made = test.open({ min: 2 });
      test.borrow(made, 1)[0]?.fail(new Error('boom'));
      expect(test.depot.shelf).toEqual(['1', '3']);
    });
  });

  describe('in a spike', () => {
    it('serves 50 who come at once out of 5, with one more made for them, where each needs it a moment only (HikariCP)', () => {
      const made = test.open({ min: 5, max: 50 });
      test.depot.makeTime = 150;
      users(made, 50, 2);
      test.pass(20);
      expect(test.visitors.are('gone')).toHaveLength(50);
      expect(test.depot.tries).toBe(6);
      test.pass(1_000);
      expect(test.depot.tries).toBe(6);
    });

    it('from nothing makes four at a time, and no more than it takes', () => {
      const made = test.open({ max: 50 });
      test.depot.makeTime = 150;
      users(made, 50, 2);
      expect(made.stats.creating).toBe(4);
      test.pass(200);
      expect(test.visitors.are('gone')).toHaveLength(50);
      expect(test.depot.tries).toBe(6);
    });

    it('grows where nothing comes back meanwhile: twice as many each time', () => {
      const made = test.open({ min: 1, max: 50 });
      test.depot.makeTime = 10;
      test.borrow(made, 1);
      test.visitors.crowd(30, made.lease);
      const creating: number[] = [];
      for (let i = 0; i < 5; i++) {
        creating.push(made.stats.creating);
        test.pass(10);
      }
      expect(creating).toEqual([1, 2, 4, 8, 15]);
      expect(test.visitors.are('waiting')).toEqual([]);
    });

    it('makes one at a time again once one has come back', () => {
      const made = test.open({ min: 1, max: 50 });
      test.depot.makeTime = 10;
      const [first] = test.borrow(made, 1);
      test.visitors.crowd(30, made.lease);
      test.pass(25);
      expect(made.stats.creating).toBe(4);
      first?.done();
      test.pass(5);
      expect(made.stats.creating).toBeLessThanOrEqual(1);
    });

    it('makes nothing more when nobody waits any more', () => {
      const made = test.open({ max: 20 });
      test.depot.makeTime = 10;
      const crowd = test.visitors.crowd(10, made.lease);
      for (const visitor of crowd) visitor.leave();
      test.pass(100);
      expect(test.depot.tries).toBe(4);
      expect(made.stats.idle).toBe(4);
    });

    it('recovers from saturation: slow work by 50, then quick work again, with what there may be at most', () => {
      const made = test.open({ max: 10 });
      test.depot.makeTime = 5;
      users(made, 50, 1_000);
      test.pass(6_000);
      expect(test.visitors.are('gone')).toHaveLength(50);
      expect(test.depot.peak).toBe(10);
      users(made, 10, 1);
      test.pass(1);
      expect(test.visitors.are('gone')).toHaveLength(60);
    });
  });

  describe('after a failure', () => {
    const boom = new Error('down');

    it('tells the first in the line, for whom it was made, the identical error; the others wait on', () => {
      const made = test.open();
      test.depot.outage = boom;
      const [first, second] = test.visitors.crowd(2, made.lease);
      expect(first?.error).toBe(boom);
      expect(second?.state).toBe('waiting');
      expect(made.stats).toMatchObject({ total: 0, creating: 0, createFailures: 1, refused: 1, lastCreateError: boom });
    });

    it('tells everybody who waits, with createErrors: all', () => {
      const made = test.open({ createErrors: 'all' });
      test.depot.makeTime = 5;
      test.depot.outage = boom;
      const crowd = test.visitors.crowd(5, made.lease);
      test.pass(5);
      expect(crowd.map(({ error }) => error)).toEqual(Array(5).fill(boom));
      expect(made.stats.waiting).toBe(0);
    });

    it('failing with `undefined` is failing', () => {
      const made = test.open();
      test.depot.failures.push(undefined);
      const [visitor] = test.visitors.crowd(1, made.lease);
      expect([visitor?.state, visitor?.error]).toEqual(['failed', undefined]);
    });

    it('tries again after 10 ms, twice as long each time, 5 s at most', () => {
      const made = test.open({ acquireTimeout: Infinity });
      test.depot.outage = boom;
      test.visitors.crowd(20, made.lease);
      test.pass(40_000);
      const waits = test.depot.times.map((time, i) => time - (test.depot.times[i - 1] ?? 0));
      expect(waits.slice(0, 14)).toEqual([0, 10, 20, 40, 80, 160, 320, 640, 1280, 2560, 5000, 5000, 5000, 5000]);
    });

    it('waits up to half of that less by chance, and for as long as it was told', () => {
      const made = test.open({ random: () => 0.5, backoff: { initial: 100, max: 150 } });
      const events = test.listen(made);
      test.depot.outage = boom;
      test.visitors.crowd(4, made.lease);
      test.pass(400);
      expect(test.depot.times).toEqual([0, 75, 187.5, 300]);
      expect(events.filter((line) => line.startsWith('create-failed'))).toEqual([
        'create-failed 0 down, again in 75',
        'create-failed 0 down, again in 112.5',
        'create-failed 0 down, again in 112.5',
        'create-failed 0 down, again in 112.5',
      ]);
    });

    it('makes ten tries at most in the first 500 ms of an outage, whoever waits (generic-pool: 109,803)', () => {
      const made = test.open({ random: () => 0.999 });
      test.depot.makeTime = 1;
      test.depot.outage = boom;
      test.visitors.crowd(1_000, made.lease);
      test.pass(500);
      expect(test.depot.tries).toBeLessThanOrEqual(10);
      expect(test.depot.tries).toBeGreaterThan(5);
    });

    it('a database that is down and comes back: one more failure at most, then all are served', () => {
      const made = test.open({ max: 3 });
      test.depot.outage = boom;
      users(made, 100, 1);
      test.pass(2_000);
      const failed = test.visitors.are('failed').length;
      test.depot.outage = null;
      test.pass(3_000);
      expect(test.visitors.are('failed')).toHaveLength(failed);
      expect(test.visitors.are('waiting')).toEqual([]);
      expect(made.stats.lastCreateError).toBeNull();
    });

    it('one in three fails: everybody is served or told, and nothing is lost', () => {
      const made = test.open({ max: 2, maxUses: 1 });
      test.depot.makeTime = 1;
      for (let i = 0; i < 30; i++) test.depot.failures.push(...(i % 3 === 0 ? [boom] : [null]));
      users(made, 20, 1);
      test.pass(5_000);
      expect(test.visitors.are('failed').length).toBeGreaterThan(5);
      expect(test.visitors.are('failed').length + test.visitors.are('gone').length).toBe(20);
      expect(made.stats).toMatchObject({ total: 0, waiting: 0, createFailures: test.visitors.are('failed').length });
    });

    it('those made beside it that failed too count as one failure', () => {
      const made = test.open();
      test.depot.makeTime = 5;
      test.depot.outage = boom;
      test.visitors.crowd(6, made.lease);
      test.pass(5);
      expect(test.depot.tries).toBe(4);
      test.pass(9);
      expect(test.depot.tries).toBe(4);
      test.pass(1);
      expect(test.depot.tries).toBe(5);
      test.pass(5 + 19);
      expect(test.depot.tries).toBe(5);
      test.pass(1);
      expect(test.depot.tries).toBe(6);
    });

    it('one made beside it that did not fail ends the wait; the next failure begins another one', () => {
      const made = test.open({ backoff: { initial: 1_000 } });
      test.depot.makeTime = 1;
      test.depot.failures.push(boom, null);
      test.depot.outage = boom;
      test.visitors.crowd(50, made.lease);
      test.pass(100);
      expect(test.visitors.are('inside')).toHaveLength(1);
      expect(test.depot.tries).toBeLessThanOrEqual(6);
    });

    it('is the cause of a wait that takes too long (P4)', () => {
      const made = test.open({ acquireTimeout: 5 });
      test.depot.outage = boom;
      const [, second] = test.visitors.crowd(2, made.lease);
      test.pass(5);
      expect(second?.error).toMatchObject({ name: 'AcquireTimeoutError', cause: boom });
    });

    it('is no cause any more once one was made', () => {
      const made = test.open({ acquireTimeout: 50, max: 1 });
      test.depot.failures.push(boom);
      const [first, second, third] = test.visitors.crowd(3, made.lease);
      test.pass(10);
      expect([first?.state, second?.state]).toEqual(['failed', 'inside']);
      test.pass(40);
      expect(third?.error).toMatchObject({ name: 'AcquireTimeoutError' });
      expect('cause' in (third?.error as AcquireTimeoutError)).toBe(false);
    });

    it('warms up to `min` with nobody there, after a while', () => {
      test.depot.failures.push(boom, boom);
      const made = test.open({ min: 1 });
      expect(made.stats).toMatchObject({ total: 0, createFailures: 1, refused: 0 });
      test.pass(30);
      expect(made.stats).toMatchObject({ idle: 1, createFailures: 2 });
    });
  });

  describe('that hangs', () => {
    it('stops nobody: what comes back serves whoever waits (P5)', () => {
      const made = test.open();
      const [first] = test.borrow(made, 1);
      test.depot.makeTime = Infinity;
      const second = test.visitors.come(made.lease);
      expect(made.stats.creating).toBe(1);
      first?.done();
      expect(second.handle?.id).toBe(1);
    });

    it('stops growing no longer than somebody has waited in vain', () => {
      const made = test.open({ acquireTimeout: 100 });
      test.borrow(made, 1);
      test.depot.makeTime = Infinity;
      const second = test.visitors.come(made.lease);
      test.pass(50);
      test.depot.makeTime = 0;
      const third = test.visitors.come(made.lease);
      test.pass(49);
      expect(third.state).toBe('waiting');
      test.pass(1);
      expect([second.state, third.state]).toEqual(['failed', 'inside']);
    });

    it('stops it no longer after failures either', () => {
      const made = test.open({ acquireTimeout: 100 });
      test.depot.failures.push(new Error('down'));
      const first = test.visitors.come(made.lease);
      expect(first.state).toBe('failed');
      test.depot.makeTime = Infinity;
      const second = test.visitors.come(made.lease);
      test.pass(50);
      test.depot.makeTime = 0;
      const third = test.visitors.come(made.lease);
      test.pass(59);
      expect([second.state, third.state]).toEqual(['failed', 'waiting']);
      const fourth = test.visitors.come(made.leaseWith({ timeout: 1 }));
      test.pass(1);
      expect([third.state, fourth.state]).toEqual(['inside', 'failed']);
    });

    it('is lent like any other when it comes after all', () => {
      const made = test.open({ acquireTimeout: 100, max: 2 });
      test.depot.makeTime = Infinity;
      const first = test.visitors.come(made.lease);
      test.pass(100);
      expect(first.state).toBe('failed');
      const [second, third] = test.visitors.crowd(2, made.lease);
      expect(made.stats).toMatchObject({ creating: 2, waiting: 2 });
      test.depot.stuck.next();
      expect([second?.handle?.id, third?.handle?.id]).toEqual([1, 2]);
      expect(made.stats).toMatchObject({ creating: 0, borrowed: 2 });
    });
  });

  it('stops trying when it is closed', () => {
    const made = test.open({ min: 1 });
    test.depot.outage = new Error('down');
    made.evict();
    test.pass(25);
    const { tries } = test.depot;
    void made.close();
    test.pass(10_000);
    expect(test.depot.tries).toBe(tries);
    expect(test.clock.timers).toBe(0);
  });

  it('makes ten thousand one after the other without a growing stack (law 6)', () => {
    const made = test.open({ maxUses: 1, max: 1 });
    const crowd = test.visitors.crowd(10_000, made.lease);
    range(0, 10_000).subscribe((i) => crowd[i]?.done());
    expect(test.depot.handles).toHaveLength(10_000);
    expect(test.visitors.are('gone')).toHaveLength(10_000);
  });
});
