import { NEVER } from 'rxjs';
import {
  LockNotAcquiredError,
  redisLock,
  type RedisLock,
  type RedisLockOptions,
} from '../../../lib/adapters/redis/index.js';
import { lease, using } from '../../../lib/index.js';
import { Clock } from '../../support/clock.js';
import { Journal } from '../../support/journal.js';
import { rejection } from '../../support/rejection.js';
import { FakeRedis, pass } from './support/fake-redis.js';

const KEY = 'lock:{a}';

describe('redisLock on several nodes, D2', () => {
  let clock: Clock;
  let servers: [FakeRedis, FakeRedis, FakeRedis];

  beforeEach(() => {
    clock = new Clock();
    servers = [new FakeRedis(clock), new FakeRedis(clock), new FakeRedis(clock)];
  });

  const lock = (options: RedisLockOptions = {}, clients = servers.map((server) => server.client())) =>
    redisLock(clients, 'a', { ttl: 1000, nodeTimeout: 50, scheduler: clock, owner: 'me', ...options });

  const holders = (): (string | undefined)[] => servers.map((server) => server.get(KEY));

  function hold(journal: Journal, resource = lock()): { handle(): RedisLock; leave(): void } {
    let held: RedisLock | undefined;
    const subscription = using(resource, (handle) => {
      held = handle;
      journal.note(`${String(clock.now())} in`);
      return NEVER;
    }).subscribe({
      error: (error: unknown) => {
        journal.note(`${String(clock.now())} ${((error as Error).cause as Error).message}`);
      },
    });
    return {
      handle: () => held as RedisLock,
      leave: () => {
        subscription.unsubscribe();
      },
    };
  }

  it('is held on all that answer, and released on all', async () => {
    const held = hold(new Journal());
    await pass(clock, 1);
    const { token } = held.handle();
    expect(holders()).toEqual([token, token, token]);
    held.leave();
    await pass(clock, 1);
    expect(holders()).toEqual([undefined, undefined, undefined]);
    expect(held.handle().state).toBe('released');
  });

  it('does not send the script in full to a node that says after the vote that it does not know it', async () => {
    const late = servers[2].client();
    let tell = (): void => undefined;
    const answer = new Promise((_, reject) => {
      tell = () => {
        reject(new Error('NOSCRIPT No matching script.'));
      };
    });
    const inFull = jest.fn(() => Promise.resolve(1));
    const clients = [servers[0].client(), servers[1].client(), { ...late, evalsha: () => answer, eval: inFull }];
    const held = hold(new Journal(), lock({ renew: false }, clients));
    await pass(clock, 1);
    expect(held.handle().isHeld).toBe(true);
    tell();
    await pass(clock, 1);
    expect(inFull).not.toHaveBeenCalled();
    held.leave();
    await pass(clock, 1);
  });

  it.each(['down', 'silent', 'deaf'] as const)(
    'is held with a minority that is %s, without waiting for it',
    async (mode) => {
      servers[1].mode = mode;
      const journal = new Journal();
      const held = hold(journal);
      await pass(clock, 0);
      expect(journal.lines).toEqual(['0 in']);
      await pass(clock, 3000);
      expect(held.handle().isHeld).toBe(true);
      held.leave();
      await pass(clock, 1);
      expect(held.handle().state).toBe('released');
      await servers[1].wake();
      await pass(clock, 100);
      expect([servers[0].get(KEY), servers[2].get(KEY)]).toEqual([undefined, undefined]);
    },
  );

  it('is held with a node that is slow: what it grants later is released with the others', async () => {
    servers[2].mode = 'slow';
    servers[2].lag = 40;
    const journal = new Journal();
    const held = hold(journal);
    await pass(clock, 41);
    expect(journal.lines).toEqual(['0 in']);
    expect(servers[2].get(KEY)).toBe(held.handle().token);
    held.leave();
    await pass(clock, 41);
    expect(holders()).toEqual([undefined, undefined, undefined]);
  });

  it('fails at once where a majority fails, and says what each node said', async () => {
    servers[0].mode = 'down';
    servers[2].mode = 'down';
    const error = await rejection(lease(lock()));
    expect(error).toBeInstanceOf(LockNotAcquiredError);
    expect((error as Error).message).toBe(
      'The lock "a" was granted by 1 of 3 nodes in time, 2 are needed: node 0 failed: down; node 1 granted it; node 2 failed: down. ' +
        'Failures are not waited out: pipe retryAcquire() to try again.',
    );
    expect((error as LockNotAcquiredError).votes.map(({ kind }) => kind)).toEqual(['failed', 'granted', 'failed']);
    expect(holders()).toEqual([undefined, undefined, undefined]);
  });

  it('asks again where a majority is silent, and takes it when it comes back', async () => {
    servers[0].mode = 'silent';
    servers[2].mode = 'silent';
    const journal = new Journal();
    const held = hold(journal);
    await pass(clock, 200);
    expect(journal.lines).toEqual([]);
    expect(servers[1].get(KEY)).toBeUndefined(); // released before the next attempt
    expect(servers[1].count('acquire')).toBeGreaterThan(1);
    expect(servers[0].requests.map(({ what }) => what)).toEqual(['acquire', 'subscribe', 'release'].sort());
    await servers[0].wake();
    await servers[2].wake();
    await pass(clock, 1100);
    expect(journal.lines).toHaveLength(1);
    const { token } = held.handle();
    expect(holders()).toEqual([token, token, token]);
    held.leave();
    await pass(clock, 1);
  });

  it('releases what a silent node granted, before it is asked the next time', async () => {
    servers[0].set(KEY, 'somebody else', 200);
    servers[1].mode = 'silent';
    const journal = new Journal();
    const held = hold(journal);
    await pass(clock, 100);
    expect(servers[1].requests.filter(({ what }) => what !== 'subscribe').map(({ what }) => what)).toEqual([
      'acquire',
      'release',
    ]);
    await servers[1].wake();
    await pass(clock, 500);
    expect(journal.lines).toHaveLength(1);
    held.leave();
    await pass(clock, 1);
    expect(holders()).toEqual([undefined, undefined, undefined]);
  });

  it('does not vote against itself: what an earlier attempt has left somewhere is its own', async () => {
    servers[0].set(KEY, 'somebody else', 120);
    servers[2].mode = 'down';
    const journal = new Journal();
    const held = hold(journal);
    await pass(clock, 1);
    const [first] = servers[1].requests; // granted, and released
    servers[1].set(KEY, first?.token ?? '', 100_000); // as if that release had been lost
    await pass(clock, 500);
    expect(journal.lines).toHaveLength(1);
    const { token } = held.handle();
    expect(token).not.toBe(first?.token);
    expect(holders()).toEqual([token, token, undefined]);
    held.leave();
    await pass(clock, 60);
    expect(holders()).toEqual([undefined, undefined, undefined]);
  });

  it('is none where the answers took longer than the ttl', async () => {
    for (const server of servers) {
      server.mode = 'slow';
      server.lag = 30;
    }
    const error = rejection(lease(lock({ ttl: 30, acquireTimeout: 0 })));
    await pass(clock, 200);
    expect((await error) as Error).toBeInstanceOf(LockNotAcquiredError);
    expect(holders()).toEqual([undefined, undefined, undefined]);
  });

  it('goes to one of two who split the votes', async () => {
    servers[2].mode = 'down';
    const journal = new Journal();
    const first = hold(journal);
    const second = hold(journal);
    await pass(clock, 100);
    expect(journal.lines).toHaveLength(1);
    first.leave();
    second.leave();
    await pass(clock, 100);
  });

  describe('renewal', () => {
    it('needs a majority: with one that fails it goes on', async () => {
      const journal = new Journal();
      const held = hold(journal);
      await pass(clock, 1);
      servers[0].mode = 'down';
      await pass(clock, 3000);
      expect(held.handle().isHeld).toBe(true);
      held.leave();
      await pass(clock, 1);
    });

    it('needs a majority: with two that are silent the lock is lost at its deadline', async () => {
      const journal = new Journal();
      hold(journal);
      await pass(clock, 1);
      servers[0].mode = 'silent';
      servers[1].mode = 'silent';
      await pass(clock, 3000);
      expect(journal.lines).toHaveLength(2);
      expect(journal.lines[1]).toMatch(/^988 .* was not renewed in time/);
    });

    it('tells of the loss as soon as a majority has it no more', async () => {
      const journal = new Journal();
      hold(journal);
      await pass(clock, 1);
      servers[0].del(KEY);
      servers[1].del(KEY);
      await pass(clock, 400);
      expect(journal.lines[1]).toMatch(/^334 .* is not in Redis any more/);
      expect(servers[2].get(KEY)).toBeUndefined();
    });
  });

  describe('the fencing number', () => {
    it('is the highest of those given, and known to a majority of those that granted before it is used', async () => {
      servers[0].counters.set(`${KEY}:fence`, 41);
      const held = hold(new Journal());
      await pass(clock, 1);
      expect(held.handle().fencing).toBe(42);
      expect(servers.map(({ counters }) => counters.get(`${KEY}:fence`))).toEqual([42, 42, 42]);
      held.leave();
      await pass(clock, 1);
      servers[0].mode = 'down'; // the one that knew it first
      const next = hold(new Journal());
      await pass(clock, 1);
      expect(next.handle().fencing).toBe(43);
      next.leave();
      await pass(clock, 1);
    });

    it('takes no second round where all gave the same', async () => {
      const held = hold(new Journal());
      await pass(clock, 1);
      expect(servers.map((server) => server.count('extend'))).toEqual([0, 0, 0]);
      held.leave();
      await pass(clock, 1);
    });

    it('is not used where it could not be made known', async () => {
      servers[0].counters.set(`${KEY}:fence`, 41);
      servers[1].mode = 'slow';
      servers[1].lag = 5;
      servers[2].mode = 'down';
      const tried = rejection(lease(lock({ acquireTimeout: 0 })));
      await pass(clock, 6);
      expect(servers[1].count('extend')).toBe(1);
      servers[1].del(KEY); // as if it had expired there
      await pass(clock, 100);
      expect(await tried).toBeInstanceOf(LockNotAcquiredError);
      expect(holders()).toEqual([undefined, undefined, undefined]);
    });
  });

  it('refuses no client, and the same one twice', () => {
    const client = servers[0].client();
    expect(() => redisLock([], 'a')).toThrow(RangeError);
    expect(() => redisLock([client, client], 'a')).toThrow(RangeError);
  });
});
