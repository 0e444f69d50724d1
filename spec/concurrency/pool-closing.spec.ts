import { catchError, merge, NEVER, Observable, of, Subject, take, timer } from 'rxjs';
import { andThen, pool, resource, using, type PoolReport } from '../../lib/index.js';
import { describeError, notificationsOf, reported } from '../support/journal.js';
import { microtasks } from '../support/microtasks.js';
import { rejection } from '../support/rejection.js';
import { PoolTest } from '../support/pool-test.js';

describe('pool-closing: close()', () => {
  let test: PoolTest;

  beforeEach(() => {
    test = new PoolTest();
  });

  afterEach(() => {
    test.end();
  });

  it('destroys what is unused, the newest first, and answers how many that were', async () => {
    const made = test.open({ min: 3 });
    const order: number[] = [];
    for (const handle of test.depot.handles) {
      Object.defineProperty(handle, 'isGone', { set: () => order.push(handle.id), get: () => true });
    }
    expect(await made.close()).toEqual({ destroyed: 3, forced: [] });
    expect(order).toEqual([3, 2, 1]);
    expect(made.stats).toMatchObject({ total: 0, destroyed: { closed: 3 } });
  });

  it('answers a frozen report', async () => {
    const report = await test.open().close();
    expect(Object.isFrozen(report)).toBe(true);
    expect(Object.isFrozen(report.forced)).toBe(true);
  });

  it('waits for destroying, which takes its time', async () => {
    const made = test.open({ min: 2 });
    test.depot.destroyTime = 100;
    let report: PoolReport | null = null;
    void made.close().then((told) => (report = told));
    test.pass(99);
    await microtasks();
    expect(report).toBeNull();
    test.pass(1);
    await microtasks();
    expect(report).toEqual({ destroyed: 2, forced: [] });
  });

  it('waits for what is borrowed, and destroys it when it comes back (P12)', async () => {
    const made = test.open();
    const [borrower] = test.borrow(made, 1);
    const closing = made.close();
    expect(borrower?.state).toBe('inside');
    borrower?.done();
    expect(borrower?.state).toBe('gone');
    expect(test.depot.shelf).toEqual([]);
    expect(await closing).toEqual({ destroyed: 1, forced: [] });
  });

  it('destroys what is being made when it arrives, and does not count it: it was never there (P11)', async () => {
    const made = test.open();
    const events = test.listen(made);
    test.depot.makeTime = 100;
    const borrower = test.visitors.come(made.lease);
    const closing = made.close();
    expect(borrower.error).toMatchObject({ name: 'ClosedError' });
    expect(made.stats).toMatchObject({ creating: 0, destroying: 1, total: 1 });
    test.pass(100);
    expect(await closing).toEqual({ destroyed: 0, forced: [] });
    expect(test.depot.handles[0]?.exit).toEqual({ kind: 'unsubscribe' });
    expect(made.stats).toMatchObject({ created: 0, total: 0, destroyed: { closed: 0 } });
    expect(events).toEqual(['gave-up 0 ClosedError']);
  });

  it('refuses those who wait, in order, and those who come later, at once (P11)', async () => {
    const made = test.open({ max: 1 });
    const [first, second, third] = test.visitors.crowd(3, made.lease);
    const promise = rejection(made.acquire());
    void made.close();
    expect([second?.error, third?.error].map(describeError)).toEqual(['ClosedError', 'ClosedError']);
    expect(second?.error).toMatchObject({ resource: 'pool(handle)', message: '"pool(handle)" is closed.' });
    expect(await promise).toMatchObject({ name: 'ClosedError' });
    expect(test.visitors.come(made.lease).error).toMatchObject({ name: 'ClosedError' });
    expect(test.visitors.come(made.tryLease).error).toMatchObject({ name: 'ClosedError' });
    expect(await rejection(made.acquire())).toMatchObject({ name: 'ClosedError' });
    expect(made.stats).toMatchObject({ refused: 6, asked: 7 });
    expect(first?.state).toBe('inside');
  });

  it('twice is once: the second call waits for the same end', async () => {
    const made = test.open();
    const [borrower] = test.borrow(made, 1);
    const closing = Promise.all([made.close(), made.close()]);
    borrower?.done();
    expect(await closing).toEqual([{ destroyed: 1, forced: [] }, { destroyed: 1, forced: [] }]);
    expect(await made.close()).toEqual({ destroyed: 1, forced: [] });
    expect(test.depot.tries).toBe(1);
  }); // prettier-ignore

  it('is what `await using` does', async () => {
    const made = test.open({ min: 1 });
    await made[Symbol.asyncDispose]();
    expect(test.depot.live).toBe(0);
  });

  it('leaves nothing running', async () => {
    const made = test.open({ min: 2, keepAlive: 100, validate: () => true });
    await made.close();
    expect(test.clock.timers).toBe(0);
  });

  describe('with force', () => {
    it('ends the borrowers with a ClosedError, and answers who they were', async () => {
      const made = test.open();
      const [borrower] = test.borrow(made, 1);
      const held = await made.acquire();
      test.pass(50);
      const report = await made.close({ force: true });
      expect(borrower?.error).toMatchObject({ name: 'ClosedError', message: '"pool(handle)" was closed by force while this was borrowed.' });
      expect(await rejection(held.release())).toMatchObject({ name: 'ClosedError' });
      expect(report).toEqual({ destroyed: 2, forced: [
        { name: 'handle', heldFor: 50, stack: null },
        { name: 'handle', heldFor: 50, stack: null },
      ] });
      expect(test.depot.handles.map(({ exit }) => exit?.kind)).toEqual(['error', 'error']);
    }); // prettier-ignore

    it('waits for what they have to release first', async () => {
      const made = test.open();
      const ending = new Subject<void>();
      const slow = resource({ acquire: () => 1, release: () => ending });
      using(made.lease, () => using(slow, () => NEVER)).subscribe({ error: () => undefined });
      let isOver = false;
      const closing = made.close({ force: true }).then(() => (isOver = true));
      await microtasks();
      expect([isOver, test.depot.live]).toEqual([false, 1]);
      ending.complete();
      await closing;
      expect(test.depot.live).toBe(0);
    });

    it('twice lists nobody twice, and nobody who was leaving anyway', async () => {
      const made = test.open();
      const ending = new Subject<void>();
      const slow = made.lease.pipe(andThen(() => resource({ acquire: () => 1, release: () => ending })));
      const bodies = [new Subject<never>(), new Subject<never>()];
      const lines: string[] = [];
      for (const body of bodies) {
        using(slow, () => body).subscribe({
          error: (error: unknown) => lines.push(describeError(error)),
          complete: () => lines.push('complete'),
        });
      }
      bodies[0]?.complete();
      void made.close({ force: true });
      const closing = made.close({ force: true });
      ending.complete();
      expect((await closing).forced).toHaveLength(1);
      expect(lines).toEqual(['complete', 'ClosedError']);
    });

    it('reaches a borrower whose lease is a part of another resource', async () => {
      const made = test.open();
      const whole = made.lease.pipe(andThen((handle) => resource({ acquire: () => handle.id })));
      const errors: string[] = [];
      using(whole, () => NEVER).subscribe({ error: (error: unknown) => errors.push(describeError(error)) });
      expect((await made.close({ force: true })).forced).toHaveLength(1);
      expect(errors).toEqual(['ClosedError']);
    });

    it('may come later, added to a closing that waits', async () => {
      const made = test.open();
      const [borrower] = test.borrow(made, 1);
      const gentle = made.close();
      await microtasks();
      expect(borrower?.state).toBe('inside');
      const report = await made.close({ force: true });
      expect(report.forced).toHaveLength(1);
      expect(await gentle).toEqual(report);
    });
  });

  describe('with a deadline', () => {
    it('waits so long for the borrowers, then ends them, while destroying may be slow', async () => {
      const made = test.open();
      const [quick, slow] = test.borrow(made, 2);
      test.depot.destroyTime = 30;
      let report: PoolReport | null = null;
      void made.close({ deadline: 100 }).then((told) => (report = told));
      test.pass(10);
      quick?.done();
      test.pass(89);
      expect(slow?.state).toBe('inside');
      test.pass(1);
      expect(slow?.error).toMatchObject({ name: 'ClosedError' });
      test.pass(29);
      await microtasks();
      expect(report).toBeNull();
      test.pass(1);
      await microtasks();
      expect(report).toEqual({ destroyed: 2, forced: [{ name: 'handle', heldFor: 100, stack: null }] });
    });

    it('is over sooner where they are, and leaves no timer', async () => {
      const made = test.open();
      const [borrower] = test.borrow(made, 1);
      const closing = made.close({ deadline: 100 });
      borrower?.done();
      expect(await closing).toEqual({ destroyed: 1, forced: [] });
      expect(test.clock.timers).toBe(0);
    });

    it('of 0 forces at once', async () => {
      const made = test.open();
      test.borrow(made, 1);
      const closing = made.close({ deadline: 0 });
      test.pass(0);
      expect((await closing).forced).toHaveLength(1);
    });

    it('longer than the longest timer is no shorter', () => {
      const made = test.open();
      const [borrower] = test.borrow(made, 1);
      void made.close({ deadline: 2 ** 32 });
      test.pass(2 ** 32 - 1);
      expect(borrower?.state).toBe('inside');
      test.pass(1);
      expect(borrower?.state).toBe('failed');
    });

    it.each([-1, NaN, '5'])('of %p is a RangeError, and closes nothing', async (deadline) => {
      const made = test.open();
      expect(await rejection(made.close({ deadline: deadline as number }))).toBeInstanceOf(RangeError);
      expect(test.borrow(made, 1)).toHaveLength(1);
    });
  });

  describe('where destroying fails', () => {
    it('rejects with that, once; a second call and the end of the scope do not repeat it (law 26)', async () => {
      const made = test.open({ min: 1 });
      const boom = new Error('boom');
      test.depot.destroyFailure = boom;
      expect(await rejection(made.close())).toBe(boom);
      expect(await made.close()).toEqual({ destroyed: 1, forced: [] });
      expect(made.stats).toMatchObject({ total: 0, destroyFailures: 1 });
      test.end();
      expect(await reported()).toEqual([]);
    });

    it('several times rejects with all of them', async () => {
      const made = test.open({ min: 2 });
      test.depot.destroyFailure = new Error('boom');
      expect(describeError(await rejection(made.close()))).toBe('S(boom, boom)');
    });

    it('the end of the scope fails with it where nobody has called close()', () => {
      test.depot.destroyFailure = new Error('boom');
      const source = pool(test.depot.resource, { scheduler: test.clock, min: 1 });
      expect(notificationsOf(using(source, () => of('used')))).toEqual(['next used', 'error boom']);
    });

    it('one that is unsubscribed has it reported', async () => {
      test.depot.destroyFailure = new Error('boom');
      const source = pool(test.depot.resource, { scheduler: test.clock, min: 1 });
      source.subscribe().unsubscribe();
      expect(await reported()).toEqual(['boom']);
    });

    it('a borrower is not told: it has its own end', () => {
      const made = test.open({ maxUses: 1 });
      const events = test.listen(made);
      test.depot.destroyFailure = new Error('boom');
      const [borrower] = test.borrow(made, 1);
      borrower?.done();
      expect(borrower?.state).toBe('gone');
      expect(events.slice(-1)).toEqual(['destroy-failed 0 used boom']);
    });
  });

  it('what those who are refused do then is not a part of it', () => {
    const made = test.open({ max: 1 });
    const [borrower] = test.borrow(made, 1);
    const unrelated = resource({ acquire: () => 1, release: () => timer(1_000, test.clock) });
    const other = (): Observable<number> => using(unrelated, () => merge(of(1), NEVER)).pipe(take(1));
    using(made.lease, () => NEVER).pipe(catchError(other)).subscribe();
    let isReleased = false;
    const closing = resource({ acquire: () => 1, release: () => { isReleased = true; } });
    const body = new Observable<never>(() => () => void made.close());
    using(closing, () => body).subscribe().unsubscribe();
    expect(isReleased).toBe(true);
    borrower?.done();
    test.pass(1_000);
  }); // prettier-ignore
});
