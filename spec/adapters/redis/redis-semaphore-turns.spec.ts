import { NEVER, Subject } from 'rxjs';
import { PermitNotAcquiredError } from '../../../lib/adapters/redis/index.js';
import { semaphorePlan, type RedisSemaphoreOptions } from '../../../lib/adapters/redis/redis-semaphore-options.js';
import { inTurn, PermitTurns } from '../../../lib/adapters/redis/redis-semaphore-turns.js';
import { DeadlockError, lastValue, lease, resource, using, type Resource } from '../../../lib/index.js';
import { Clock } from '../../support/clock.js';
import { microtasks } from '../../support/microtasks.js';
import { rejection } from '../../support/rejection.js';

const KEY = 'semaphore:{a}';

describe('PermitTurns', () => {
  it('has one line for each semaphore, and number of permits', () => {
    const turns = new PermitTurns();
    expect(turns.of(3)).toBe(turns.of(3));
    expect(turns.of(3)).not.toBe(turns.of(2));
    expect([turns.of(3).total, turns.of(2).total]).toEqual([3, 2]);
  });

  it('knows how many permits of a semaphore are out', () => {
    const turns = new PermitTurns();
    const counts = (): number[] => [turns.out('a'), turns.out('b')];
    turns.taken('a');
    turns.taken('a');
    turns.taken('b');
    expect(counts()).toEqual([2, 1]);
    turns.given('a');
    turns.given('b');
    expect(counts()).toEqual([1, 0]);
    turns.given('a');
    expect(counts()).toEqual([0, 0]);
  });
});

describe('inTurn', () => {
  let clock: Clock;
  let turns: PermitTurns;
  let due: number[];
  /** When those that ask get their permit. */
  let granted: Subject<void>;

  beforeEach(() => {
    clock = new Clock(1000);
    turns = new PermitTurns();
    due = [];
    granted = new Subject();
  });

  const permit = (permits: number, options: RedisSemaphoreOptions = {}): Resource<number> =>
    inTurn(turns, KEY, semaphorePlan('a', permits, { scheduler: clock, ...options }), (at) =>
      resource({
        acquire: () => {
          due.push(at);
          turns.taken(KEY);
          return due.length;
        },
        release: () => {
          turns.given(KEY);
        },
      }),
    );

  /** One who has its turn, and no permit yet. */
  const asking = (permits: number): Resource<never> =>
    inTurn(turns, KEY, semaphorePlan('a', permits, { scheduler: clock }), () =>
      resource({ acquire: () => granted as never, interruptible: true }),
    );

  it('lets in as many as there are permits, the others in order of arrival', async () => {
    const leases = Array.from({ length: 5 }, () => lease(permit(2)));
    const order: number[] = [];
    leases.forEach((one, index) => void one.then(() => order.push(index)));
    await microtasks();
    expect(order).toEqual([0, 1]);
    for (const one of leases) {
      await (await one).release();
      await microtasks();
    }
    expect(order).toEqual([0, 1, 2, 3, 4]);
    expect(turns.of(2).keys).toEqual([]);
  });

  it('tells until when there is time, counted from before the wait for the turn', async () => {
    const first = await lease(permit(1));
    const next = lease(permit(1, { acquireTimeout: 100 }));
    clock.pass(60);
    await first.release();
    await (await next).release();
    await (await lease(permit(1, { acquireTimeout: 0 }))).release();
    expect(due).toEqual([Infinity, 1100, -Infinity]);
  });

  it('says how many are out, and how many were ahead, where the turn does not come in time', async () => {
    const [first, second] = [await lease(permit(2)), await lease(permit(2))];
    const ahead = lease(permit(2));
    const late = rejection(lease(permit(2, { acquireTimeout: 50 })));
    clock.pass(50);
    const error = await late;
    expect(error).toBeInstanceOf(PermitNotAcquiredError);
    expect(error).toMatchObject({
      message:
        'The semaphore "a" has 2 of 2 permits out, and 1 who wait. It was waited for 50 ms, as acquireTimeout says.',
      ...{ held: 2, ahead: 1, permits: 2, key: 'a', resource: 'redisSemaphore(a)' },
    });
    await first.release();
    await second.release();
    await (await ahead).release();
  });

  it('fails at once for one who asks once', async () => {
    const first = await lease(permit(1));
    expect(await rejection(lease(permit(1, { acquireTimeout: 0 })))).toMatchObject({
      message: 'The semaphore "a" has 1 of 1 permits out, and 0 who wait. It was asked once, as acquireTimeout says.',
    });
    await first.release();
  });

  it('does not say that permits are out where those that have the turn have got none yet', async () => {
    const first = await lease(permit(2));
    const second = using(asking(2), () => NEVER).subscribe();
    const error = await rejection(lease(permit(2, { acquireTimeout: 0 })));
    expect(error).toMatchObject({
      message:
        'The semaphore "a" is waited for by as many scopes of this process as it has permits. It was asked once, as acquireTimeout says.',
      ...{ held: undefined, ahead: undefined },
    });
    second.unsubscribe();
    await first.release();
  });

  it.each([Infinity, 100])(
    'is a DeadlockError inside scopes that hold all of them, waiting for %p ms',
    async (wait) => {
      const inner = using(permit(1, { acquireTimeout: wait }), () => NEVER);
      expect(await rejection(lastValue(using(permit(1), () => inner)))).toBeInstanceOf(DeadlockError);
      expect([turns.out(KEY), clock.timers]).toEqual([0, 0]);
    },
  );
});
