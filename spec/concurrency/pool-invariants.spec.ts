import { lastValueFrom, map, NEVER, Observable, Subject, timer } from 'rxjs';
import { pool, releaseTimeout, resource, using, type Pool } from '../../lib/index.js';
import { shared } from '../../lib/core/engine/shared.js';
import { type Handle } from '../support/depot.js';
import { describeError, reported } from '../support/journal.js';
import { microtasks } from '../support/microtasks.js';
import { checkStats, PoolTest } from '../support/pool-test.js';
import { rejection } from '../support/rejection.js';

/**
 * What a pool promises, numbered as in the list it was designed by. Here is one test for each, or for each way to break it
 * that was seen elsewhere; what belongs to one part of it is in the spec of that part.
 */
describe('invariants of a pool', () => {
  let test: PoolTest;

  beforeEach(() => {
    test = new PoolTest();
  });

  afterEach(() => {
    test.end();
  });

  const boom = new Error('boom');
  const useOnce = (made: Pool<Handle>, count = 1): void => {
    for (const borrower of test.borrow(made, count)) borrower.done();
  };
  /** A borrower that goes after so long. */
  const user = (made: Pool<Handle>, use: number): void => {
    test.visitors.come(made.lease, undefined, (self) => {
      test.clock.schedule(() => {
        self.done();
      }, use);
    });
  };

  it('P1: with max 1 and slow destroying one is alive at a time (others: 5)', () => {
    const made = test.open({ max: 1, maxUses: 1 });
    test.depot.destroyTime = 100;
    for (let i = 0; i < 5; i++) user(made, 1);
    test.pass(1_000);
    expect(test.visitors.are('gone')).toHaveLength(5);
    expect(test.depot.peak).toBe(1);
  });

  it('P1: a destroy that hangs keeps its place', () => {
    const made = test.open({ max: 1, maxUses: 1 });
    test.depot.destroyTime = Infinity;
    useOnce(made);
    const next = test.visitors.come(made.lease);
    test.pass(10_000);
    expect([next.state, made.stats.destroying]).toEqual(['waiting', 1]);
    test.depot.stuck.next();
    expect(next.state).toBe('inside');
  });

  it('P1: with releaseTimeout on the resource it is given up then, and its place is free', async () => {
    const limited = test.depot.resource.pipe(releaseTimeout(50, test.clock));
    let opened: Pool<Handle> | null = null;
    const source = pool(limited, { scheduler: test.clock, max: 1, maxUses: 1 });
    const subscription = source.subscribe((one) => (opened = one));
    const made = opened as unknown as Pool<Handle>;
    const failures: string[] = [];
    made.events$.subscribe((event) => {
      if (event.type === 'destroy-failed') failures.push(describeError(event.error));
    });
    test.depot.destroyTime = Infinity;
    useOnce(made);
    const next = test.visitors.come(made.lease);
    test.pass(49);
    expect(next.state).toBe('waiting');
    test.pass(1);
    expect([next.state, failures]).toEqual(['inside', ['ReleaseTimeoutError']]);
    test.depot.heal();
    next.done();
    subscription.unsubscribe();
    expect(await reported()).toEqual([]);
  });

  it('P2: whoever has left, timed out or been aborted gets nothing and delays nobody', async () => {
    const made = test.open({ max: 1 });
    const [first] = test.borrow(made, 1);
    const left = test.visitors.come(made.lease, 'left');
    const late = test.visitors.come(made.leaseWith({ timeout: 5 }), 'late');
    const controller = new AbortController();
    const aborted = rejection(made.acquire(controller));
    const last = test.visitors.come(made.lease, 'last');
    left.leave();
    test.pass(5);
    controller.abort(boom);
    expect(made.stats).toMatchObject({ waiting: 1, left: 2, timedOut: 1 });
    first?.done();
    expect(last.state).toBe('inside');
    expect([left.state, late.state, await aborted]).toEqual(['left', 'failed', boom]);
  });

  it('P3: leaving inside the call that hands over: the next one has it, and nothing is lost', () => {
    const made = test.open({ max: 1 });
    const [first] = test.borrow(made, 1);
    const second = test.visitors.come(made.lease, 'second', (self) => {
      self.leave();
    });
    const third = test.visitors.come(made.lease, 'third');
    first?.done();
    expect([second.state, third.state]).toEqual(['left', 'inside']);
    expect(made.stats).toMatchObject({ borrowed: 1, leases: 1, total: 1 });
  });

  it('P3: whoever gives back and sends the next one away in one go serves the one after that', () => {
    const made = test.open({ max: 1 });
    const [first] = test.borrow(made, 1);
    const second = test.visitors.come(made.lease);
    const third = test.visitors.come(made.lease);
    second.leave();
    first?.done();
    expect([second.state, third.state]).toEqual(['left', 'inside']);
  });

  it('P4: a failure to make frees the place, is told to one, puts off the next try, and is the cause of later timeouts', () => {
    const made = test.open({ max: 1, acquireTimeout: 15 });
    test.depot.outage = boom;
    const [first, second, third] = test.visitors.crowd(3, made.lease);
    expect([first?.error, made.stats.total]).toEqual([boom, 0]);
    test.pass(9);
    expect(test.depot.tries).toBe(1);
    test.pass(1);
    expect([test.depot.tries, second?.error]).toEqual([2, boom]);
    test.pass(5);
    expect(third?.error).toMatchObject({ name: 'AcquireTimeoutError', cause: boom });
  });

  it('P5: nobody waits for one that is made for it while another one comes back', () => {
    const made = test.open({ max: 2 });
    const [first] = test.borrow(made, 1);
    test.depot.makeTime = 1_000;
    const second = test.visitors.come(made.lease);
    expect(made.stats.creating).toBe(1);
    first?.done();
    expect(second.handle?.id).toBe(1);
  });

  it('P6: 50 who come at once, 150 ms to make one, 2 ms to use it, 5 there: all are served in 20 ms, and one more is made', () => {
    const made = test.open({ min: 5, max: 50 });
    test.depot.makeTime = 150;
    for (let i = 0; i < 50; i++) user(made, 2);
    test.pass(20);
    expect(test.visitors.are('gone')).toHaveLength(50);
    test.pass(10_000);
    expect(made.stats.created).toBe(6);
  });

  describe('P7: what validate, reset and destroy do wrong loses no place and is no unhandled rejection', () => {
    const wrongs: [string, () => unknown][] = [
      ['throws', () => { throw boom; }],
      ['rejects', () => Promise.reject(boom)],
      ['hangs', () => new Promise(() => undefined)],
      ['settles late', () => new Promise((_, reject) => { test.clock.schedule(() => { reject(boom); }, 6_000); })],
    ]; // prettier-ignore

    it.each(wrongs)('validate %s', async (_, validate) => {
      const made = test.open({ max: 1, validate, validateAfter: 0 });
      useOnce(made);
      test.pass(1);
      const next = test.visitors.come(made.lease);
      await microtasks();
      test.pass(10_000);
      await microtasks();
      expect(next.handle?.id).toBe(2);
      expect(await reported()).toEqual([]);
    });

    it.each(wrongs)('reset %s', async (_, reset) => {
      const made = test.open({ max: 1, reset });
      useOnce(made);
      const next = test.visitors.come(made.lease);
      await microtasks();
      test.pass(10_000);
      await microtasks();
      expect(next.handle?.id).toBe(2);
      expect(await reported()).toEqual([]);
    });

    it.each(wrongs.slice(0, 2))('destroy %s', async (_, release) => {
      let made: Pool<number> | null = null;
      const source = pool(resource({ acquire: () => 1, release }), { scheduler: test.clock, max: 1, maxUses: 1 });
      const subscription = source.subscribe((one) => (made = one));
      const one = made as unknown as Pool<number>;
      const failures: unknown[] = [];
      one.events$.subscribe((event) => { if (event.type === 'destroy-failed') failures.push(event.error); });
      const [first, second] = test.visitors.crowd(2, one.lease);
      first?.done();
      await microtasks();
      expect(second?.state).toBe('inside');
      second?.done();
      await microtasks();
      expect(failures).toEqual([boom, boom]);
      subscription.unsubscribe();
      expect(await reported()).toEqual([]);
    }); // prettier-ignore
  });

  it('P8: one that dies unused is replaced, one that dies borrowed is not lent again, and saying so twice is no crash', async () => {
    const made = test.open({ min: 1, max: 1 });
    useOnce(made);
    const [idle] = test.depot.handles;
    idle?.lost.next(boom);
    idle?.lost.next(boom);
    expect(test.depot.shelf).toEqual(['2']);
    const [borrower] = test.borrow(made, 1);
    borrower?.handle?.lost.error(boom);
    expect(borrower?.error).toMatchObject({ name: 'ResourceLostError', cause: boom });
    expect(test.depot.shelf).toEqual(['3']);
    expect(await reported()).toEqual([]);
  });

  it('P9: a borrow goes back once, and later releases take nothing from anybody', async () => {
    const made = test.open({ max: 1 });
    const held = await made.acquire();
    await held.release();
    const [borrower] = test.borrow(made, 1);
    await held.release();
    await held.release({ kind: 'error', error: boom });
    expect(borrower?.state).toBe('inside');
    expect(made.stats).toMatchObject({ borrowed: 1, leases: 1, total: 1 });
  });

  it('P10: age and idleness never end what is borrowed, differ by chance, keep `min`, and replace before anybody asks', () => {
    let seed = 0;
    const made = test.open({ min: 2, maxLifetime: 1_000, idleTimeout: 100, random: () => (seed += 0.1) % 1 });
    const [borrower] = test.borrow(made, 1);
    test.pass(5_000);
    expect(borrower?.state).toBe('inside');
    expect(made.stats).toMatchObject({ idle: 1, borrowed: 1 });
    expect(new Set(test.depot.times.slice(2).map((time, i) => time - (test.depot.times[i + 1] ?? 0))).size).toBeGreaterThan(2);
    borrower?.done();
    expect(made.stats).toMatchObject({ idle: 2, borrowed: 0 });
  }); // prettier-ignore

  it('P11: close() refuses at once, destroys what arrives late, waits so long for what is out, and is the same for all who call it', async () => {
    const made = test.open();
    const [borrower] = test.borrow(made, 1);
    test.depot.makeTime = 50;
    const waiting = test.visitors.come(made.lease);
    const closing = Promise.all([made.close({ deadline: 100 }), made.close()]);
    expect([waiting.error, test.visitors.come(made.lease).error].map(describeError)).toEqual(['ClosedError', 'ClosedError']);
    test.pass(50);
    expect(test.depot.shelf).toEqual(['1']);
    test.pass(50);
    expect(borrower?.error).toMatchObject({ name: 'ClosedError' });
    const [first, second] = await closing;
    expect(first).toEqual(second);
    expect(test.depot.live).toBe(0);
  }); // prettier-ignore

  it('P12: what comes back to a closed pool is destroyed', () => {
    const made = test.open();
    const [borrower] = test.borrow(made, 1);
    void made.close();
    borrower?.done();
    expect(test.depot.live).toBe(0);
  });

  it.each<[string, (made: Pool<Handle>) => void]>([
    ['evicting', (made) => { made.evict(); test.visitors.all[0]?.done(); }],
    ['its death', () => { test.depot.handles[0]?.lost.next(boom); }],
    ['an error of its borrower', () => { test.visitors.all[0]?.fail(boom); }],
  ])('P13: a handle that is gone by %s is replaced at once for whoever waits', (_, end) => {
    const made = test.open({ max: 1 });
    test.borrow(made, 1);
    const waiting = test.visitors.come(made.lease);
    end(made);
    expect(waiting.handle?.id).toBe(2);
  }); // prettier-ignore

  it('P14: one who leaves has the line looked at again: nobody is stuck behind it', () => {
    const made = test.open({ max: 2, maxUses: 1 });
    test.depot.failures.push(null, boom);
    const [, second, third] = test.visitors.crowd(3, made.lease);
    expect(second?.state).toBe('failed');
    third?.leave();
    const fourth = test.visitors.come(made.lease);
    test.pass(10);
    expect(fourth.state).toBe('inside');
  });

  it('P15: no timer of an unused pool keeps a process alive: see pool-process.spec.ts; a closed one has none', () => {
    const made = test.open({ min: 2, keepAlive: 100, validate: () => true, leakAfter: 50 });
    useOnce(made, 3);
    expect(test.clock.timers).toBeGreaterThan(0);
    void made.close();
    expect(test.clock.timers).toBe(0);
  });

  it('P16: what was asked is what was lent at once, after waiting, timed out, left, refused and waits', () => {
    const made = test.open({ max: 2, min: 1, acquireTimeout: 20, maxWaiting: 2 });
    test.borrow(made, 2);
    const [a] = test.visitors.crowd(3, made.lease);
    a?.leave();
    test.pass(20);
    test.visitors.are('inside').forEach(() => undefined);
    test.visitors.come(made.tryLease);
    const waiting = test.visitors.come(made.lease);
    test.visitors.all[0]?.done();
    test.visitors.come(made.lease);
    expect(waiting.state).toBe('inside');
    const { asked, direct, served, timedOut, left, refused } = made.stats;
    expect({ asked, direct, served, timedOut, left, refused, waiting: made.stats.waiting }).toEqual({
      asked: 8, direct: 1, served: 2, timedOut: 1, left: 2, refused: 1, waiting: 1,
    });
    checkStats(made.stats);
  }); // prettier-ignore

  it('P17: borrowing again inside of a borrowed one, with nothing left, is told at once; with a timeout, what is wrong', () => {
    const made = test.open({ max: 1 });
    const errors: string[] = [];
    using(made.lease, () => using(made.lease, () => NEVER)).subscribe({ error: (error: unknown) => errors.push(describeError(error)) });
    expect(errors).toEqual(['DeadlockError']);
  }); // prettier-ignore

  describe('what else is asked of a pool', () => {
    it('a use that throws before it begins gives back (generic-pool leaks there)', () => {
      const made = test.open();
      const errors: unknown[] = [];
      const body = (): Observable<never> => {
        throw boom;
      };
      using(made.lease, body).subscribe({ error: (error: unknown) => errors.push(error) });
      expect(errors).toEqual([boom]);
      expect(made.stats).toMatchObject({ borrowed: 0, leases: 0 });
    });

    it.each<[string, (handle: Handle) => Observable<number> | Promise<number> | number[]]>([
      ['a value of an array', ({ id }) => [id]],
      ['a promise', async ({ id }) => id],
      ['an observable', ({ id }) => timer(0).pipe(map(() => id))],
    ])('is used with %s', async (_, body) => {
      const made = test.open();
      expect(await lastValueFrom(using(made.lease, body), { defaultValue: 0 })).toBe(1);
      expect(made.stats).toMatchObject({ borrowed: 0, idle: 1 });
    }); // prettier-ignore

    it('each is made with what the factory says then: credentials that change (13.13)', () => {
      let password = 'old';
      const seen: string[] = [];
      let made: Pool<number> | null = null;
      const source = pool(resource({ acquire: () => seen.push(password) }), { scheduler: test.clock });
      const subscription = source.subscribe((one) => (made = one));
      const one = made as unknown as Pool<number>;
      test.visitors.come(one.lease).done();
      password = 'new';
      one.evict();
      test.visitors.come(one.lease).done();
      expect(seen).toEqual(['old', 'new']);
      subscription.unsubscribe();
    });

    it('who waits goes on with what the runtime keeps for it, not with that of who gives back (13.13)', () => {
      const made = test.open({ max: 1 });
      const [first] = test.borrow(made, 1);
      let context = 'of the borrower';
      const { snapshot } = shared;
      shared.snapshot = () => {
        const kept = context;
        return (callback) => {
          const before = context;
          context = kept;
          callback();
          context = before;
        };
      };
      const seen: string[] = [];
      test.visitors.come(made.lease, undefined, () => seen.push(context));
      shared.snapshot = snapshot;
      context = 'of who gives back';
      first?.done();
      expect([seen, context]).toEqual([['of the borrower'], 'of who gives back']);
    });

    it('goes on after everything has died and the database was away for long: it never stays at nothing (HikariCP#1256)', () => {
      const made = test.open({ min: 3 });
      test.depot.outage = boom;
      for (const handle of test.depot.handles) handle.lost.next(boom);
      expect(made.stats.total).toBe(0);
      test.pass(60_000);
      expect(made.stats.total).toBe(0);
      test.depot.outage = null;
      test.pass(5_000);
      expect(made.stats.idle).toBe(3);
    });

    it('all who wait are told where everything is gone and nothing can be made, with createErrors: all (slonik)', () => {
      const made = test.open({ max: 2, createErrors: 'all' });
      const borrowers = test.borrow(made, 2);
      const crowd = test.visitors.crowd(5, made.lease);
      test.depot.outage = boom;
      borrowers[0]?.fail('dead');
      expect(crowd.map(({ error }) => error)).toEqual(Array(5).fill(boom));
    });

    it('a release that fails in the body of a borrower is its own affair: the handle is judged by it', async () => {
      const made = test.open();
      const inner = resource({ acquire: () => 1, release: () => { throw boom; } });
      const body = new Subject<never>();
      const errors: unknown[] = [];
      using(made.lease, () => using(inner, () => body)).subscribe({ error: (error: unknown) => errors.push(error) });
      body.complete();
      expect(errors).toEqual([boom]);
      expect(test.depot.handles[0]?.exit).toEqual({ kind: 'error', error: boom });
      expect(await reported()).toEqual([]);
    }); // prettier-ignore
  });
});
