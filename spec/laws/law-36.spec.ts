import { Subject } from 'rxjs';
import { PoolTest } from '../support/pool-test.js';

describe('law 36: a pool never has more than `max`, and lends nothing doubtful', () => {
  let test: PoolTest;

  beforeEach(() => {
    test = new PoolTest();
  });

  afterEach(() => {
    test.end();
  });

  const boom = new Error('boom');

  it.each([1, 2, 5])('holds %i at most, those being made, checked and destroyed included', (max) => {
    const made = test.open({ max, maxUses: 2, validate: ({ id }) => id % 3 > 0, validateAfter: 0 });
    test.depot.makeTime = 5;
    test.depot.destroyTime = 50;
    for (let i = 0; i < 100; i++) {
      const visitor = test.visitors.come(made.lease);
      test.clock.schedule(
        () => {
          if (i % 4 === 0) visitor.fail(boom);
          else visitor.done();
        },
        10 + (i % 7),
      );
      test.pass(3);
      expect(made.stats.total).toBeLessThanOrEqual(max);
    }
    test.pass(20_000);
    expect(test.depot.peak).toBe(max);
    expect(test.visitors.are('waiting')).toEqual([]);
  });

  it('an acquire that fails fails its borrower with the identical error, and frees the place', () => {
    const made = test.open({ max: 1 });
    test.depot.makeTime = 5;
    test.depot.failures.push(boom);
    const [first, second] = test.visitors.crowd(2, made.lease);
    test.pass(5);
    expect(first?.error).toBe(boom);
    expect(made.stats).toMatchObject({ total: 0, creating: 0, waiting: 1 });
    test.pass(15);
    expect(second?.handle?.id).toBe(1);
  });

  it('one whose scope ended with an error is destroyed before anybody else has it', () => {
    const made = test.open({ max: 1 });
    const [first, second] = test.visitors.crowd(2, made.lease);
    first?.fail(boom);
    expect(first?.error).toBe(boom);
    expect(second?.handle?.id).toBe(2);
    expect(test.depot.handles[0]).toMatchObject({ isGone: true, exit: { kind: 'error', error: boom } });
  });

  it('or validated, where there is a way to', () => {
    const answer = new Subject<boolean>();
    const made = test.open({ max: 1, validate: () => answer });
    const [first, second] = test.visitors.crowd(2, made.lease);
    first?.fail(boom);
    expect(second?.state).toBe('waiting');
    answer.next(true);
    expect(second?.handle?.id).toBe(1);
  });

  it('by policy: what `destroyOn` says', () => {
    const made = test.open({ max: 1, destroyOn: (error) => error === boom });
    const [first, second, third] = test.visitors.crowd(3, made.lease);
    first?.fail('harmless');
    expect(second?.handle?.id).toBe(1);
    second?.fail(boom);
    expect(third?.handle?.id).toBe(2);
  });

  it('the borrower is told its own end, whatever becomes of the handle', () => {
    const made = test.open({ max: 1 });
    test.depot.destroyTime = 1_000;
    const [first] = test.borrow(made, 1);
    first?.fail(boom);
    expect(first?.error).toBe(boom);
    expect(made.stats.destroying).toBe(1);
  });
});
