import { NEVER, of } from 'rxjs';
import { ClosedError, pool, settled, using } from '../../lib/index.js';
import { Journal } from '../support/journal.js';
import { microtasks } from '../support/microtasks.js';
import { PoolTest } from '../support/pool-test.js';

describe('law 31: a pool that closes while something is borrowed', () => {
  let test: PoolTest;

  beforeEach(() => {
    test = new PoolTest();
  });

  afterEach(() => {
    test.end();
  });

  it('refuses new borrows and those who wait with a ClosedError, destroys the idle ones, and waits for what is out', async () => {
    const made = test.open({ max: 2, min: 2 });
    const [first, second] = test.borrow(made, 2);
    second?.done();
    made.suspend();
    const waiting = test.visitors.come(made.lease);
    let isOver = false;
    const closing = made.close().then(() => (isOver = true));
    expect(waiting.error).toBeInstanceOf(ClosedError);
    expect(test.visitors.come(made.lease).error).toBeInstanceOf(ClosedError);
    expect(test.depot.shelf).toEqual(['2']);
    await microtasks();
    expect([isOver, first?.state]).toEqual([false, 'inside']);
    first?.done();
    await closing;
    expect(test.depot.live).toBe(0);
  });

  it('by force: ends the borrowers with a ClosedError first', async () => {
    const made = test.open();
    const [first] = test.borrow(made, 1);
    const closing = made.close({ force: true });
    expect(first?.error).toBeInstanceOf(ClosedError);
    await closing;
    expect(test.depot.handles[0]?.exit).toEqual({ kind: 'error', error: first?.error });
  });

  it('at the end of its scope: completion comes when the last borrower outside has gone', () => {
    const journal = new Journal();
    let other: { unsubscribe(): void } | null = null;
    const source = pool(test.depot.resource, { scheduler: test.clock });
    using(source, (made) => {
      other = using(made.lease, () => NEVER).subscribe(); // not a part of this body
      return of('done');
    }).subscribe(journal.observer());
    expect(journal.take()).toEqual(['next done']);
    (other as unknown as { unsubscribe(): void }).unsubscribe();
    expect(journal.take()).toEqual(['complete']);
    expect(test.depot.live).toBe(0);
  });

  it('a scope that is unsubscribed closes it in the background, after the borrowers in its body', async () => {
    const source = pool(test.depot.resource, { scheduler: test.clock });
    test.depot.destroyTime = 10;
    const subscription = using(source, (made) => using(made.lease, () => NEVER)).subscribe();
    subscription.unsubscribe();
    expect(test.depot.live).toBe(1);
    let isSettled = false;
    void settled().then(() => (isSettled = true));
    await microtasks();
    expect(isSettled).toBe(false);
    test.pass(10);
    await microtasks();
    expect([isSettled, test.depot.live]).toEqual([true, 0]);
  });
});
