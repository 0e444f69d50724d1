import { EMPTY, NEVER, Observable, of } from 'rxjs';
import {
  LockLostError,
  LockNotAcquiredError,
  redisLock,
  type RedisLock,
  type RedisLockOptions,
} from '../../../lib/adapters/redis/index.js';
import type { HeldLock } from '../../../lib/adapters/redis/held-lock.js';
import { lease, ResourceLostError, settled, using } from '../../../lib/index.js';
import { Clock } from '../../support/clock.js';
import { Journal } from '../../support/journal.js';
import { microtasks } from '../../support/microtasks.js';
import { rejection } from '../../support/rejection.js';
import { FakeRedis, pass } from './support/fake-redis.js';

const KEY = 'lock:{a}';
/** 1000 minus the drift of 12. */
const VALIDITY = 988;

describe('redisLock in virtual time', () => {
  let clock: Clock;
  let server: FakeRedis;

  beforeEach(() => {
    clock = new Clock();
    server = new FakeRedis(clock);
  });

  const lockOn = (client: ReturnType<FakeRedis['client']>, options: RedisLockOptions = {}) =>
    redisLock(client, 'a', { ttl: 1000, scheduler: clock, owner: 'me', ...options });
  const lock = (options: RedisLockOptions = {}) => lockOn(server.client(), options);

  /** Holds it until told; writes down how that ended. */
  function hold(journal: Journal, resource = lock()): { handle(): RedisLock; leave(): void } {
    let held: RedisLock | undefined;
    const subscription = using(resource, (handle) => {
      held = handle;
      journal.note(`${String(clock.now())} in`);
      return NEVER;
    }).subscribe({
      error: (error: unknown) => {
        const { cause } = error as ResourceLostError;
        journal.note(
          `${String(clock.now())} ${(error as Error).name}: ${(cause as LockLostError | undefined)?.reason ?? String(error)}`,
        );
      },
    });
    return {
      handle: () => held as RedisLock,
      leave: () => {
        subscription.unsubscribe();
      },
    };
  }

  describe('the deadline', () => {
    it('counts from before the lock was asked for', async () => {
      server.mode = 'slow';
      server.lag = 300;
      const journal = new Journal();
      const held = hold(journal, lock({ renew: false }));
      await pass(clock, 300);
      expect(held.handle().deadline).toBe(VALIDITY);
      expect(held.handle().remaining).toBe(VALIDITY - 300);
      await pass(clock, 1000);
      expect(journal.lines).toEqual(['300 in', '988 ResourceLostError: expired']);
      await pass(clock, 300);
    });

    it('ends the body while the server is silent', async () => {
      const journal = new Journal();
      hold(journal);
      await pass(clock, 1);
      server.mode = 'silent';
      await pass(clock, 2000);
      expect(journal.lines).toEqual(['0 in', '988 ResourceLostError: expired']);
      expect(server.count('extend')).toBe(1);
    });

    it('is moved by a renewal to where it would be if the lock had been taken when the renewal was asked for', async () => {
      const journal = new Journal();
      const held = hold(journal);
      await pass(clock, 1);
      server.mode = 'slow';
      server.lag = 100;
      await pass(clock, 340);
      expect(held.handle().deadline).toBe(VALIDITY);
      await pass(clock, 110);
      expect(held.handle().deadline).toBe(334 + VALIDITY);
      held.leave();
      await pass(clock, 200);
      expect(journal.lines).toEqual(['0 in']);
    });

    it('is not moved by an answer that comes after it', async () => {
      const journal = new Journal();
      const held = hold(journal);
      await pass(clock, 1);
      server.mode = 'slow';
      server.lag = 900;
      await pass(clock, 3000);
      expect(journal.lines).toEqual(['0 in', '988 ResourceLostError: expired']);
      expect(held.handle().deadline).toBe(VALIDITY);
    });
  });

  describe('renewal', () => {
    it('comes every third of the ttl, and keeps the lock for as long as it takes', async () => {
      const journal = new Journal();
      const held = hold(journal);
      await pass(clock, 3500);
      expect(server.requests.filter(({ what }) => what === 'extend').map(({ at }) => at)).toEqual([
        334, 668, 1002, 1336, 1670, 2004, 2338, 2672, 3006, 3340,
      ]);
      expect(held.handle().isHeld).toBe(true);
      held.leave();
      await pass(clock, 1);
      expect(server.get(KEY)).toBeUndefined();
    });

    it('is asked for once at a time', async () => {
      const journal = new Journal();
      hold(journal);
      await pass(clock, 1);
      server.mode = 'silent';
      await pass(clock, 980);
      expect(server.count('extend')).toBe(1);
      await server.wake();
      await pass(clock, 1);
      expect(server.count('extend')).toBe(2); // the one that was due meanwhile
      expect(journal.lines).toEqual(['0 in']);
      await pass(clock, 900);
      server.del(KEY);
      await pass(clock, 400);
      expect(journal.lines.at(-1)).toMatch('taken');
    });

    it('is tried again while the lock lasts, with longer and longer waits', async () => {
      const journal = new Journal();
      const held = hold(journal);
      await pass(clock, 1);
      server.mode = 'down';
      await pass(clock, 700);
      const tries = server.requests.filter(({ what }) => what === 'extend').map(({ at }) => at);
      expect(tries.length).toBeGreaterThan(3);
      expect(tries.length).toBeLessThan(15);
      expect(journal.lines).toEqual(['0 in']);
      await server.wake();
      await pass(clock, 600); // past the first deadline
      expect(held.handle().isHeld).toBe(true);
      held.leave();
      await pass(clock, 1);
    });

    it('is over with the lock: what it failed with is the cause', async () => {
      let told: unknown;
      using(lock(), () => NEVER).subscribe({ error: (error: unknown) => (told = error) });
      await pass(clock, 1);
      server.mode = 'down';
      await pass(clock, 1000);
      const { cause } = told as ResourceLostError;
      expect(cause).toBeInstanceOf(LockLostError);
      expect((cause as LockLostError).cause).toEqual(new Error('down'));
      const asked = server.count('extend');
      await pass(clock, 2000);
      expect(server.count('extend')).toBe(asked);
      expect(clock.timers).toBe(0);
    });

    it('is left out with renew: false', async () => {
      const journal = new Journal();
      hold(journal, lock({ renew: false }));
      await pass(clock, 1000);
      expect(server.count('extend')).toBe(0);
      expect(journal.lines).toEqual(['0 in', '988 ResourceLostError: expired']);
    });
  });

  describe('the handle', () => {
    it('tells what it is', async () => {
      const held = hold(new Journal());
      await pass(clock, 10);
      const handle = held.handle();
      expect(handle).toMatchObject({ key: 'a', fencing: 1, state: 'held', isHeld: true, remaining: VALIDITY - 10 });
      expect(handle.token).toBe(server.get(KEY));
      handle.check();
      held.leave();
      expect(handle.state).toBe('releasing');
      expect(handle.isHeld).toBe(false);
      await pass(clock, 1);
      expect(handle.state).toBe('released');
      expect(handle.remaining).toBe(0);
      expect(() => {
        handle.check();
      }).toThrow(new LockLostError('The lock "a" has been released: its scope has ended.', 'released'));
      expect(handle.signal.aborted).toBe(false);
    });

    it('refuses in check() as soon as the deadline has passed, however late the timers are', async () => {
      const journal = new Journal();
      const held = hold(journal);
      await pass(clock, 1);
      server.mode = 'silent';
      const { signal } = held.handle();
      clock.frame = 5000; // the event loop was blocked: no timer has run
      expect(held.handle().state).toBe('held');
      expect(held.handle().isHeld).toBe(false);
      expect(() => {
        held.handle().check();
      }).toThrow(LockLostError);
      expect(held.handle().state).toBe('lost');
      expect(signal.reason).toBeInstanceOf(LockLostError);
      await pass(clock, 1);
      expect(journal.lines).toHaveLength(2);
      expect(journal.lines.at(-1)).toMatch('ResourceLostError: expired');
    });

    it('is lost for a scope too that watches it only after the loss', async () => {
      const journal = new Journal();
      const held = await lease(lock());
      server.mode = 'silent';
      await pass(clock, 1000);
      (held.value as Pick<HeldLock, 'lost'> & RedisLock).lost().subscribe((error) => {
        journal.note((error as LockLostError).reason);
      });
      expect(journal.lines).toEqual(['expired']);
      await held.release().catch(() => undefined);
    });

    it('finds itself lost before anybody is told', async () => {
      const seen: unknown[] = [];
      using(
        lock(),
        (handle) =>
          new Observable(() => () => {
            seen.push(handle.state, handle.isHeld, handle.signal.aborted);
          }),
      ).subscribe({ error: () => seen.push('told') });
      await pass(clock, 1);
      server.mode = 'silent';
      await pass(clock, 1000);
      expect(seen).toEqual(['lost', false, true, 'told']);
    });

    it('has a signal that aborts with the reason, read before or after', async () => {
      const journal = new Journal();
      const held = hold(journal);
      await pass(clock, 1);
      const { signal } = held.handle();
      signal.addEventListener('abort', () => {
        journal.note(`${String(clock.now())} aborted, state ${held.handle().state}`);
      });
      server.mode = 'silent';
      await pass(clock, 1000);
      expect(journal.lines).toEqual(['0 in', '988 aborted, state lost', '988 ResourceLostError: expired']);
      expect(held.handle().signal).toBe(signal);
      expect(signal.reason).toBeInstanceOf(LockLostError);
    });
  });

  describe('acquiring', () => {
    it('takes one request, and so does releasing', async () => {
      hold(new Journal()).leave();
      await pass(clock, 1);
      const held = hold(new Journal());
      await pass(clock, 1);
      held.leave();
      await pass(clock, 1);
      expect(server.requests.slice(-2).map(({ what }) => what)).toEqual(['acquire', 'release']);
      expect(server.count('subscribe')).toBe(0);
    });

    it('does not believe a grant that took longer than the ttl: it is given back, and asked for again', async () => {
      server.mode = 'slow';
      server.lag = 990;
      const journal = new Journal();
      const held = hold(journal);
      await pass(clock, 989);
      server.lag = 0;
      await pass(clock, 100);
      expect(server.requests.map(({ what }) => what)).toEqual(['acquire', 'release', 'subscribe', 'acquire']);
      expect(journal.lines).toHaveLength(1);
      held.leave();
      await pass(clock, 1);
    });

    it('gives up at acquireTimeout, and says by whom it is held', async () => {
      server.set(KEY, '01234567-89ab-cdef-0123-456789abcdef.1 worker 7', 60_000);
      const tried = rejection(lease(lock({ acquireTimeout: 500 })));
      let error: unknown;
      void tried.then((reason) => (error = reason));
      await pass(clock, 499);
      expect(error).toBeUndefined();
      await pass(clock, 2);
      expect(error).toBeInstanceOf(LockNotAcquiredError);
      expect(error).toMatchObject({ key: 'a', holder: 'worker 7' });
      expect((error as Error).message).toMatch(
        /^The lock "a" is held by worker 7, for another 59\d\d\d ms or longer\. It was waited for 500 ms, its acquireTimeout\.$/,
      );
    });

    it('gives up at acquireTimeout on a server that does not answer', async () => {
      server.mode = 'silent';
      const tried = rejection(lease(lock({ acquireTimeout: 500 })));
      let error: unknown;
      void tried.then((reason) => (error = reason));
      await pass(clock, 499);
      expect(error).toBeUndefined();
      await pass(clock, 2);
      expect((error as Error).message).toBe(
        'The lock "a" got no answer. It was waited for 500 ms, its acquireTimeout.',
      );
      await server.wake();
      expect(server.get(KEY)).toBeUndefined();
    });

    it('asks once with 0', async () => {
      server.set(KEY, 'foreign', 60_000);
      const error = await rejection(lease(lock({ acquireTimeout: 0 })));
      expect(error).toBeInstanceOf(LockNotAcquiredError);
      expect((error as LockNotAcquiredError).holder).toBe('something that is no lock (foreign)');
      expect((error as LockNotAcquiredError).remaining).toBe(60_000);
      expect(server.count('acquire')).toBe(1);
    });

    it('fails at once where the server fails, however long it may wait', async () => {
      server.mode = 'down';
      const error = await rejection(lease(lock()));
      expect((error as Error).message).toBe(
        'The lock "a" failed: down. Failures are not waited out: pipe retryAcquire() to try again.',
      );
      expect((error as Error).cause).toEqual(new Error('down'));
    });

    it('waits no longer than the holder lasts, without any message', async () => {
      server.set(KEY, 'foreign', 300);
      const journal = new Journal();
      const held = hold(journal, lock({ pollInterval: 100_000 }));
      await pass(clock, 310);
      expect(journal.lines).toHaveLength(1);
      held.leave();
      await pass(clock, 1);
    });

    it('asks again when a message says that it is free', async () => {
      server.set(KEY, 'foreign', 60_000);
      const journal = new Journal();
      const held = hold(journal);
      await pass(clock, 5);
      const before = server.count('acquire');
      expect(before).toBe(2); // once more after it listens: the message may have come before
      server.del(KEY);
      server.publish(`${KEY}:free`);
      await pass(clock, 0);
      expect(server.count('acquire')).toBe(3);
      expect(journal.lines).toEqual(['5 in']);
      held.leave();
      await pass(clock, 1);
    });

    it('asks soon again after a message, where another one was faster', async () => {
      const random = jest.spyOn(Math, 'random').mockReturnValue(0);
      server.set(KEY, 'foreign');
      const held = hold(new Journal());
      await pass(clock, 200); // after 10, 30, 70 and 150 ms
      const before = server.count('acquire');
      server.publish(`${KEY}:free`);
      await pass(clock, 0);
      expect(server.count('acquire')).toBe(before + 1);
      await pass(clock, 10);
      expect(server.count('acquire')).toBe(before + 2);
      held.leave();
      await pass(clock, 1);
      random.mockRestore();
    });

    it('asks again at once where the message came while it was asking', async () => {
      const random = jest.spyOn(Math, 'random').mockReturnValue(0);
      server.set(KEY, 'foreign');
      const held = hold(new Journal());
      await pass(clock, 200); // the next time would be at 310 ms
      const before = server.count('acquire');
      server.mode = 'slow';
      server.lag = 30;
      server.publish(`${KEY}:free`);
      await pass(clock, 10);
      server.publish(`${KEY}:free`);
      await pass(clock, 20);
      expect(server.count('acquire')).toBe(before + 2);
      held.leave();
      await pass(clock, 100);
      random.mockRestore();
    });

    it('does not ask any more when acquireTimeout has passed', async () => {
      server.set(KEY, 'foreign');
      const tried = rejection(lease(lock({ acquireTimeout: 500 })));
      await pass(clock, 501);
      expect(await tried).toBeInstanceOf(LockNotAcquiredError);
      expect(server.requests.at(-1)?.at).toBeLessThan(500);
    });

    it('asks now and then where no message comes, less and less often', async () => {
      server.set(KEY, 'foreign');
      const held = hold(new Journal(), lock({ pollInterval: 400 }));
      await pass(clock, 4000);
      const times = server.requests.filter(({ what }) => what === 'acquire').map(({ at }) => at);
      expect(times.length).toBeGreaterThan(10); // 4000 / 400
      expect(times.length).toBeLessThan(30); // 4000 / 200, and those at the start
      held.leave();
      await pass(clock, 1);
      expect(clock.timers).toBe(0);
    });
  });

  describe('several in one process', () => {
    it('are served in order of arrival, one asking at a time', async () => {
      const client = server.client();
      const journal = new Journal();
      const holders = [1, 2, 3].map((number) => {
        const subscription = using(lockOn(client), () => {
          journal.note(`in ${String(number)}`);
          return NEVER;
        }).subscribe();
        return subscription;
      });
      await pass(clock, 5);
      expect(server.count('acquire')).toBe(1);
      for (const holder of holders) {
        holder.unsubscribe();
        await pass(clock, 1);
      }
      expect(journal.lines).toEqual(['in 1', 'in 2', 'in 3']);
    });

    it('count the time in line into acquireTimeout', async () => {
      const client = server.client();
      const held = hold(new Journal(), lockOn(client));
      await pass(clock, 1);
      let error: unknown;
      void rejection(lease(lockOn(client, { acquireTimeout: 200 }))).then((reason) => (error = reason));
      await pass(clock, 199);
      expect(error).toBeUndefined();
      await pass(clock, 2);
      expect((error as Error).message).toBe(
        'The lock "a" is held, or waited for, by another scope of this process. It was waited for 200 ms, its acquireTimeout.',
      );
      held.leave();
      await pass(clock, 1);
    });

    it('are told at once with acquireTimeout 0', async () => {
      const client = server.client();
      const held = hold(new Journal(), lockOn(client));
      await pass(clock, 1);
      expect(await rejection(lease(lockOn(client, { acquireTimeout: 0 })))).toBeInstanceOf(LockNotAcquiredError);
      expect(server.count('acquire')).toBe(1);
      held.leave();
      await pass(clock, 1);
    });
  });

  describe('left while it is asked for', () => {
    const leftAt10 = async (): Promise<{ isOver: boolean }> => {
      const scope = { isOver: false };
      const asking = hold(new Journal());
      await pass(clock, 10);
      asking.leave();
      void settled().then(() => (scope.isOver = true));
      return scope;
    };

    it('is over when what was granted meanwhile is back', async () => {
      server.mode = 'slow';
      server.lag = 30;
      const scope = await leftAt10();
      await pass(clock, 29); // granted at 30, asked back at 10
      expect(scope.isOver).toBe(false);
      await pass(clock, 2);
      expect(scope.isOver).toBe(true);
      expect(server.get(KEY)).toBeUndefined();
    });

    it('does not wait for that longer than nodeTimeout', async () => {
      server.mode = 'silent';
      const scope = await leftAt10();
      await pass(clock, 99);
      expect(scope.isOver).toBe(false);
      await pass(clock, 2);
      expect(scope.isOver).toBe(true);
    });
  });

  it('asks a silent server once only to let go', async () => {
    const held = hold(new Journal());
    await pass(clock, 1);
    server.mode = 'silent';
    held.leave();
    await pass(clock, 200);
    expect(server.count('release')).toBe(1);
    await server.wake();
    expect(server.get(KEY)).toBeUndefined();
  });

  it('sends the release after a loss too, and does not wait for it', async () => {
    const journal = new Journal();
    const held = hold(journal);
    await pass(clock, 1);
    server.mode = 'silent'; // the renewal arrives when it goes on
    await pass(clock, 988);
    expect(journal.lines).toEqual(['0 in', '988 ResourceLostError: expired']);
    expect([server.count('extend'), server.count('release')]).toEqual([1, 1]);
    await server.wake();
    expect(server.get(KEY)).toBeUndefined();
    expect(held.handle().state).toBe('lost');
  });

  it('leaves no timer', async () => {
    using(lock(), () => of(1)).subscribe();
    using(lock(), () => EMPTY).subscribe();
    await pass(clock, 50);
    await settled();
    await microtasks();
    expect(clock.timers).toBe(0);
    expect(server.get(KEY)).toBeUndefined();
  });
});
