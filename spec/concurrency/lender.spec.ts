import { concatMap, EMPTY, of, range, using as rxUsing } from 'rxjs';
import { using, type Pool } from '../../lib/index.js';
import { type Handle } from '../support/depot.js';
import { PoolTest } from '../support/pool-test.js';

describe('lender: what happens inside of what happens', () => {
  let test: PoolTest;

  beforeEach(() => {
    test = new PoolTest();
  });

  afterEach(() => {
    test.end();
  });

  const boom = new Error('boom');

  it('borrowing where somebody is served: the line is kept', () => {
    const made = test.open({ max: 1 });
    const [first] = test.borrow(made, 1);
    test.visitors.come(made.lease, 'a', (self) => {
      test.visitors.come(made.lease, 'c');
      self.done();
    });
    test.visitors.come(made.lease, 'b');
    first?.done();
    test.visitors.empty();
    expect(test.visitors.order).toEqual(['1', 'a', 'b', 'c']);
  });

  it('borrowing in the handler of an error to make: a place in the line behind all others', () => {
    const made = test.open({ max: 1 });
    test.depot.failures.push(boom);
    const order: string[] = [];
    using(made.lease, () => EMPTY).subscribe({
      error: () => using(made.lease, () => (order.push('again'), EMPTY)).subscribe(),
    });
    using(made.lease, () => (order.push('second'), EMPTY)).subscribe();
    test.pass(100);
    expect(order).toEqual(['again', 'second']);
  });

  it('giving back where somebody is served, however often, stacks no calls (law 6)', () => {
    const made = test.open({ max: 1 });
    let done = 0;
    range(0, 10_000)
      .pipe(concatMap(() => using(made.lease, () => of(1))))
      .subscribe(() => done++);
    expect([done, test.depot.tries]).toEqual([10_000, 1]);
  });

  it('closing where somebody is served ends the others, and waits for that one', () => {
    const made = test.open({ max: 1 });
    const [first] = test.borrow(made, 1);
    const second = test.visitors.come(made.lease, 'second', () => void made.close());
    const third = test.visitors.come(made.lease, 'third');
    first?.done();
    expect([second.state, third.state]).toEqual(['inside', 'failed']);
    second.done();
    expect(made.stats.total).toBe(0);
  });

  it('suspending where somebody is served has the next one wait', () => {
    const made = test.open({ max: 2 });
    const borrowers = test.borrow(made, 2);
    const second = test.visitors.come(made.lease, 'second', () => {
      made.suspend();
    });
    const third = test.visitors.come(made.lease, 'third');
    for (const borrower of borrowers) borrower.done();
    expect([second.state, third.state]).toEqual(['inside', 'waiting']);
    made.resume();
    expect(third.state).toBe('inside');
  });

  it('borrowing, giving back and closing out of what is told on events$ keeps the figures right (P16)', () => {
    const actions: ((made: Pool<Handle>) => void)[] = [
      (made) => test.visitors.come(made.lease),
      () => test.visitors.all.find(({ state }) => state === 'inside')?.done(),
      () => test.visitors.all.find(({ state }) => state === 'waiting')?.leave(),
      (made) => { made.evict(); },
      (made) => { made.resize(1 + (test.visitors.all.length % 3)); },
      (made) => void made.close(),
    ]; // prettier-ignore
    for (const action of actions) {
      const made = test.open({ max: 2, maxUses: 2, acquireTimeout: 20 });
      test.depot.makeTime = 1;
      let count = 0;
      made.events$.subscribe(() => {
        if (++count < 40) action(made);
      });
      for (let i = 0; i < 20; i++) {
        const visitor = test.visitors.come(made.lease);
        test.clock.schedule(() => { if (i % 3 === 0) visitor.fail(boom); else visitor.done(); }, 5); // prettier-ignore
        test.pass(2);
      }
      test.pass(1_000);
      expect(count).toBeGreaterThan(2);
      test.depot.makeTime = 0;
    }
  });

  it('works beside the `using` of RxJS', () => {
    const made = test.open();
    const seen: number[] = [];
    const held = { unsubscribe: () => seen.push(0) };
    rxUsing(
      () => held,
      () => using(made.lease, ({ id }) => of(id)),
    ).subscribe((id) => seen.push(id));
    expect(seen).toEqual([1, 0]);
  });
});
