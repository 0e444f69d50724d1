import { spawn } from 'node:child_process';
import { once } from 'node:events';
import type { Redis } from 'ioredis';
import { merge, NEVER, timer } from 'rxjs';
import { stopped } from '../../../examples/services/child.js';
import { ownRedis, redisBinary } from '../../../examples/services/own-redis.js';
import { waitForLine } from '../../../examples/services/wait-for-line.js';
import {
  LockLostError,
  LockNotAcquiredError,
  redisLock,
  type RedisLock,
  type RedisLockOptions,
} from '../../../lib/adapters/redis/index.js';
import { ACQUIRE, EXTEND, RELEASE } from '../../../lib/adapters/redis/lock-scripts.js';
import { lastValue, lease, ResourceLostError, settled, using } from '../../../lib/index.js';
import { eventually } from '../../support/eventually.js';
import { Journal } from '../../support/journal.js';
import { rejection } from '../../support/rejection.js';
import { describeWithOurRedis } from '../../support/services.js';
import { tcpProxy, type TcpProxy } from '../../support/tcp-proxy.js';
import { client, uniqueName, withClients } from './support/clients.js';
import { HolderProcess } from './support/holder-process.js';

/** The invariants of distributed locks, D1 to D16, on real servers. */
describeWithOurRedis('redisLock, invariants', (server) => {
  let name: string;
  let key: string;

  beforeEach(() => {
    name = uniqueName();
    key = `lock:{${name}}`;
  });

  /** A client straight to the server, to look at it and to disturb it; and others. */
  const withServer = <T>(body: (...clients: Redis[]) => Promise<T>): Promise<T> =>
    withClients(server().url, body.length, body);

  /** A client through a proxy, and one straight to the server. The scripts are known there. */
  const withProxy = <T>(body: (proxied: Redis, proxy: TcpProxy, direct: Redis) => Promise<T>): Promise<T> =>
    withServer(async (direct) => {
      for (const script of [ACQUIRE, EXTEND, RELEASE]) await direct.script('LOAD', script.lua);
      return lastValue(
        using(tcpProxy({ host: server().host, port: server().port }), (proxy) =>
          using(client(`redis://${proxy.host}:${String(proxy.port)}`, { closeTimeout: 50 }), (proxied) =>
            body(proxied, proxy, direct),
          ),
        ),
      );
    });

  /** Stops the server as a stalled machine would, for as long as `body` takes. */
  async function whileStopped<T>(body: () => Promise<T>): Promise<T> {
    server().child.kill('SIGSTOP');
    try {
      return await body();
    } finally {
      server().child.kill('SIGCONT');
    }
  }

  /** Holds a lock until it is lost; what its scope ended with. */
  function untilLost(
    redis: Redis,
    options: RedisLockOptions,
    entered: (lock: RedisLock) => void,
  ): Promise<ResourceLostError> {
    const held = using(redisLock(redis, name, options), (lock) => {
      entered(lock);
      return NEVER;
    });
    return rejection(lastValue(held)) as Promise<ResourceLostError>;
  }

  /** Enters, and is told when. */
  function entering(
    redis: Redis,
    options: RedisLockOptions,
  ): { ended: Promise<ResourceLostError>; entered: Promise<RedisLock> } {
    let tell: (lock: RedisLock) => void = () => undefined;
    const entered = new Promise<RedisLock>((resolve) => (tell = resolve));
    return { ended: untilLost(redis, options, tell), entered };
  }

  it('D1 one holds it at a time: 20 clients, each of which gets it', () =>
    withClients(server().url, 20, async (...clients) => {
      let inside = 0;
      let most = 0;
      let before = 0;
      const turns = clients.map((redis) =>
        using(redisLock(redis, name), async ({ fencing }) => {
          most = Math.max(most, ++inside);
          expect(fencing).toBeGreaterThan(before);
          before = fencing;
          await redis.ping();
          await redis.ping();
          inside--;
        }),
      );
      await lastValue(merge(...turns));
      expect({ inside, most }).toEqual({ inside: 0, most: 1 });
    }));

  it('D1 of two holders the first has been told before the second gets in, also where the server was stopped', () =>
    withServer(async (first, second) => {
      const journal = new Journal();
      const { entered, ended } = entering(first, { ttl: 300 });
      await entered;
      const waiting = await whileStopped(async () => {
        const asked = leased(redisLock(second, name, { ttl: 300 })); // answered when the server goes on
        await ended.then(() => journal.note('told'));
        return { asked };
      });
      const { value: lock, release } = await waiting.asked;
      journal.note('in');
      expect(lock.isHeld).toBe(true);
      expect(journal.lines).toEqual(['told', 'in']);
      await release();
    }));

  it('D3 the deadline is by a clock that nobody can set: the one on the wall may jump', () =>
    withServer(async (redis) => {
      const wall = jest.spyOn(Date, 'now');
      try {
        const real = Date.now();
        wall.mockReturnValue(real + 3_600_000);
        const { value: lock, release } = await leased(redisLock(redis, name, { ttl: 5000 }));
        wall.mockReturnValue(real - 3_600_000);
        expect(lock.isHeld).toBe(true);
        expect(lock.remaining).toBeLessThanOrEqual(5000);
        await release();
      } finally {
        wall.mockRestore();
      }
    }));

  it('D4 the scope ends while the server is stopped, and nothing is renewed after that', () =>
    withServer(async (redis, watching) => {
      const { entered, ended } = entering(redis, { ttl: 300 });
      const lock = await entered;
      await whileStopped(async () => {
        const error = await ended;
        expect(error).toBeInstanceOf(ResourceLostError);
        expect(error.cause).toBeInstanceOf(LockLostError);
        expect(error.cause).toMatchObject({ reason: 'expired' });
        expect(lock.state).toBe('lost');
      });
      await eventually('the key has gone', async () => (await watching.get(key)) === null);
      expect(lock.state).toBe('lost');
    }));

  it('D4 the scope ends where the connection was cut and does not come back', () =>
    withProxy(async (redis, proxy) => {
      const { entered, ended } = entering(redis, { ttl: 300 });
      await entered;
      proxy.silence();
      proxy.cut();
      expect((await ended).cause).toMatchObject({ reason: 'expired' });
    }));

  it('D4 a blocked event loop: check() refuses, and the loss is told as soon as the loop runs', () =>
    withServer(async (redis) => {
      const { entered, ended } = entering(redis, { ttl: 200 });
      const lock = await entered;
      const end = performance.now() + 250;
      while (performance.now() < end); // nothing else runs
      expect(lock.state).toBe('held');
      expect(() => {
        lock.check();
      }).toThrow(LockLostError);
      expect((await ended).cause).toMatchObject({ reason: 'expired' });
    }));

  it('D5 a renewal does not bring back what was deleted: the lock is lost', () =>
    withServer(async (redis, other) => {
      const { entered, ended } = entering(redis, { ttl: 300 });
      await entered;
      await other.del(key);
      expect((await ended).cause).toMatchObject({ reason: 'taken' });
      expect(await other.exists(key)).toBe(0);
    }));

  it('D5 a renewal does not touch the lock of somebody else', () =>
    withServer(async (redis, other) => {
      const { entered, ended } = entering(redis, { ttl: 300 });
      await entered;
      await other.set(key, 'somebody else');
      expect((await ended).cause).toMatchObject({ reason: 'taken' });
      expect(await other.get(key)).toBe('somebody else');
      expect(await other.pttl(key)).toBe(-1);
      await other.del(key);
    }));

  describe('D6 the release', () => {
    it('deletes nothing but its own', () =>
      withServer(async (redis, other) => {
        const { value: lock, release } = await leased(redisLock(redis, name, { renew: false }));
        await other.set(key, 'somebody else');
        await release();
        expect(lock.state).toBe('lost');
        expect(await other.get(key)).toBe('somebody else');
        await other.del(key);
      }));

    it('of a lock that has expired is quiet: the result is the one of the body', () =>
      withServer(async (redis, other) => {
        const result = await lastValue(
          using(redisLock(redis, name, { renew: false }), async () => {
            await other.del(key);
            return 'result';
          }),
        );
        expect(result).toBe('result');
      }));

    it('of a lock that has expired is quiet: the error is the one of the body', () =>
      withServer(async (redis, other) => {
        const boom = new Error('boom');
        const held = using(redisLock(redis, name, { renew: false }), async () => {
          await other.del(key);
          throw boom;
        });
        expect(await rejection(lastValue(held))).toBe(boom);
      }));

    it('is not waited for beyond nodeTimeout where the server is stopped, and does not fail', () =>
      withServer(async (redis, other) => {
        const { value: lock, release } = await leased(redisLock(redis, name, { ttl: 60_000, nodeTimeout: 50 }));
        await whileStopped(async () => {
          await release();
          expect(lock.state).toBe('releasing');
        });
        await eventually('it is released all the same', async () => (await other.exists(key)) === 0);
      }));

    it('is sent again where its answer was lost with the connection', () =>
      withProxy(async (redis, proxy, direct) => {
        const { value: lock, release } = await leased(redisLock(redis, name));
        const lost = proxy.loseAnswerTo(RELEASE.sha);
        await release();
        await lost;
        expect(lock.state).toBe('lost'); // it was gone the second time
        expect(await direct.exists(key)).toBe(0);
      }));
  });

  it('D7 a renewal in flight when it is released neither brings it back nor tells of a loss', () =>
    withProxy(async (redis, proxy, direct) => {
      const journal = new Journal();
      const renewing = proxy.loseAnswerTo(EXTEND.sha, { keep: true });
      const subscription = using(redisLock(redis, name, { ttl: 300 }), () => NEVER).subscribe({
        error: () => journal.note('told'),
      });
      await renewing;
      subscription.unsubscribe();
      await eventually('it is released', async () => (await direct.exists(key)) === 0);
      proxy.cut(); // the client sends again what was not answered
      await eventually('it is connected', () => redis.status === 'ready');
      await redis.ping();
      expect(await direct.exists(key)).toBe(0);
      await settled();
      expect(journal.lines).toEqual([]);
    }));

  describe('D8 an acquire that is left', () => {
    it('gives back what was granted while its answer was lost', () =>
      withProxy(async (redis, proxy, direct) => {
        const granted = proxy.loseAnswerTo(ACQUIRE.sha, { keep: true });
        const subscription = redisLock(redis, name, { nodeTimeout: 50 }).subscribe();
        await granted;
        expect(await direct.exists(key)).toBe(1);
        subscription.unsubscribe();
        await settled();
        await eventually('it is released', async () => (await direct.exists(key)) === 0);
        expect(await direct.pubsub('NUMSUB', `${key}:free`)).toEqual([`${key}:free`, 0]);
      }));

    it('gives back what is granted after the server goes on', () =>
      withServer(async (redis, other) => {
        await other.script('LOAD', ACQUIRE.lua);
        await whileStopped(async () => {
          const subscription = redisLock(redis, name, { nodeTimeout: 50 }).subscribe();
          subscription.unsubscribe();
          await settled();
        });
        await redis.ping();
        expect(await other.exists(key)).toBe(0);
        expect(await other.get(`${key}:fence`)).toBe('1'); // it had been granted
      }));

    it('is not sent in full where the server does not know the script: nobody wants it any more', () =>
      withServer(async (redis, other) => {
        await other.script('FLUSH');
        const subscription = redisLock(redis, name, { nodeTimeout: 50 }).subscribe();
        subscription.unsubscribe();
        await settled();
        await redis.ping();
        expect(await other.exists(key, `${key}:fence`)).toBe(0);
      }));

    it('gives back what was granted where the connection broke', () =>
      withProxy(async (redis, proxy, direct) => {
        const granted = proxy.loseAnswerTo(ACQUIRE.sha);
        const controller = new AbortController();
        const left = rejection(lease(redisLock(redis, name), { signal: controller.signal }));
        await granted;
        controller.abort(new Error('left'));
        expect(await left).toEqual(new Error('left'));
        await eventually('it is released', async () => (await direct.exists(key)) === 0);
      }));
  });

  it('D9 no two acquisitions have a token in common, and a late release of one leaves the next alone', () =>
    withServer(async (redis) => {
      const first = await leased(redisLock(redis, name));
      await first.release();
      const second = await leased(redisLock(redis, name));
      expect(second.value.token).not.toBe(first.value.token);
      await redis.eval(RELEASE.lua, 1, key, first.value.token, '');
      expect(await redis.get(key)).toBe(second.value.token);
      await second.release();
    }));

  it('D9 an attempt is not in the way of the next one of the same acquisition', () =>
    withProxy(async (redis, proxy, direct) => {
      await direct.set(key, 'somebody else', 'PX', 100);
      const granted = proxy.loseAnswerTo(ACQUIRE.sha); // ioredis asks again, with the same token
      const { value: lock, release } = await leased(redisLock(redis, name));
      await granted;
      expect(await direct.get(key)).toBe(lock.token);
      await release();
      expect(await direct.exists(key)).toBe(0);
    }));

  it('D10 a grant that is told after the lock has expired is none', () =>
    withServer(async (redis, other) => {
      const waiting = await whileStopped(async () => {
        const asked = leased(redisLock(redis, name, { ttl: 100 }));
        await lastValue(timer(150));
        return { asked };
      });
      const { value: lock, release } = await waiting.asked;
      expect(lock.isHeld).toBe(true);
      expect(lock.fencing).toBe(2); // 1 was granted, too late
      expect(await other.get(key)).toBe(lock.token);
      await release();
    }));

  describe('the server, asked for a lock', () => {
    const ask = (redis: Redis, token: string): Promise<unknown> =>
      redis.eval(ACQUIRE.lua, 2, key, `${key}:fence`, token, 60_000);

    it('D9 takes an earlier attempt of the same acquisition for its own, and nobody else for it', () =>
      withServer(async (redis) => {
        expect(await ask(redis, 'a.1 me')).toBe(1);
        expect(await ask(redis, 'a.2 me')).toBe(2);
        expect(await redis.get(key)).toBe('a.2 me');
        expect(await redis.pexpire(key, 600_000)).toBe(1);
        expect(await ask(redis, 'a.2 me')).toBe(3); // sent again by the client
        expect(await redis.pttl(key)).toBeLessThanOrEqual(60_000);
        for (const other of ['b.1 me', 'aa.1 me']) {
          expect(await ask(redis, other)).toEqual(['a.2 me', expect.any(Number)]);
        }
      }));

    it('D11 raises the counter, and never lowers it, with a renewal of what is still there', () =>
      withServer(async (redis) => {
        const extend = (token: string, least: number): Promise<unknown> =>
          redis.eval(EXTEND.lua, 2, key, `${key}:fence`, token, 60_000, least);
        await ask(redis, 'a.1 me');
        expect(await extend('a.1 me', 5)).toBe(1);
        expect(await extend('a.1 me', 3)).toBe(1);
        expect(await extend('b.1 me', 9)).toBe(0);
        expect(await redis.get(`${key}:fence`)).toBe('5');
      }));

    it('D16 tells of a release, unless nobody has to know', () =>
      withServer(async (redis, listening) => {
        const heard: string[] = [];
        listening.on('message', (channel: string) => heard.push(channel));
        await listening.subscribe('told', 'end');
        const release = (channel: string): Promise<unknown> => redis.eval(RELEASE.lua, 1, key, 'a.1 me', channel);
        for (const channel of ['', 'told']) {
          await ask(redis, 'a.1 me');
          expect(await release(channel)).toBe(1);
        }
        expect(await release('told')).toBe(0);
        await redis.publish('end', '');
        await eventually('all is heard', () => heard.includes('end'));
        expect(heard).toEqual(['told', 'end']);
      }));

    it('D11 leaves no lock where it cannot count', () =>
      withServer(async (redis) => {
        await redis.set(`${key}:fence`, 'no number');
        await expect(ask(redis, 'a.1 me')).rejects.toThrow('not an integer');
        expect(await redis.exists(key)).toBe(0);
      }));
  });

  describe('D11 the fencing number', () => {
    it('rises with every holder, over release, expiry and deletion', () =>
      withServer(async (redis, other) => {
        const numbers: number[] = [];
        for (const end of ['release', 'expiry', 'deletion', 'release'] as const) {
          const { value: lock, release } = await leased(redisLock(redis, name, { renew: false, ttl: 1000 }));
          numbers.push(lock.fencing);
          if (end === 'deletion') await other.del(key);
          if (end === 'expiry') await other.pexpire(key, 1);
          await eventually('it has gone', async () => end === 'release' || (await other.exists(key)) === 0);
          await release();
        }
        expect(numbers).toEqual([1, 2, 3, 4]);
      }));

    it('comes with the lock: where it cannot be counted there is none', () =>
      withServer(async (redis) => {
        await redis.set(`${key}:fence`, 'no number');
        const error = await rejection(lease(redisLock(redis, name)));
        expect(error).toBeInstanceOf(LockNotAcquiredError);
        expect((error as Error).message).toMatch('not an integer');
        expect(await redis.exists(key)).toBe(0);
      }));
  });

  describe('D14 trouble while renewing', () => {
    it('of the connection is outlasted', () =>
      withProxy(async (redis, proxy, direct) => {
        const { value: lock, release } = await leased(redisLock(redis, name, { ttl: 1500 }));
        const { deadline } = lock;
        await proxy.loseAnswerTo(EXTEND.sha);
        await eventually('it was renewed', () => lock.deadline > deadline);
        expect(lock.state).toBe('held');
        await release();
        expect(await direct.exists(key)).toBe(0);
      }));

    it('is outlasted where the server ends the connection', () =>
      withServer(async (redis, other) => {
        const { value: lock, release } = await leased(redisLock(redis, name, { ttl: 1500 }));
        const { deadline } = lock;
        await other.call('CLIENT', 'KILL', 'TYPE', 'normal', 'SKIPME', 'yes');
        await eventually('it was renewed', () => lock.deadline > deadline);
        await release();
        expect(lock.state).toBe('released');
      }));

    it('is outlasted where the server makes everybody wait', () =>
      withServer(async (redis, other) => {
        const { value: lock, release } = await leased(redisLock(redis, name, { ttl: 1500 }));
        const { deadline } = lock;
        await other.client('PAUSE', 700);
        await eventually('it was renewed', () => lock.deadline > deadline);
        await release();
        expect(lock.state).toBe('released');
      }));
  });

  it('D15 scripts are sent in full where the server has forgotten them', () =>
    withServer(async (redis, other) => {
      await other.script('FLUSH');
      const { value: lock, release } = await leased(redisLock(redis, name, { ttl: 300 }));
      await other.script('FLUSH');
      const { deadline } = lock;
      await eventually('it was renewed', () => lock.deadline > deadline);
      await other.script('FLUSH');
      await release();
      expect(lock.state).toBe('released');
    }));

  describe('D16 whoever waits', () => {
    it('is woken by the release', () =>
      withServer(async (redis, other, watching) => {
        const first = await leased(redisLock(redis, name, { ttl: 60_000 }));
        const waiting = leased(redisLock(other, name, { pollInterval: 60_000 }));
        await eventually('it listens', async () => (await listeners(watching)) === 1);
        await eventually('it has asked', async () => (await asked(watching)) >= 3);
        await first.release();
        await (await waiting).release();
        await settled();
        await eventually('it does not listen any more', async () => (await listeners(watching)) === 0);
      }));

    it('gets it also where the message was lost: that costs time only', () =>
      withServer(async (redis, other) => {
        const first = await leased(redisLock(redis, name, { ttl: 60_000 }));
        const waiting = leased(redisLock(other, name, { pollInterval: 50 }));
        await redis.eval(RELEASE.lua, 1, key, first.value.token, ''); // deleted without a message
        await (await waiting).release();
        await first.release();
      }));

    it('gets it where it may not listen', () =>
      withServer(async (admin) => {
        await admin.call('ACL', 'SETUSER', 'deaf', 'on', 'nopass', '~*', '+@all', 'resetchannels', '-subscribe');
        const url = server().url.replace('redis://', 'redis://deaf:x@');
        await withClients(url, 2, async (redis, other) => {
          const first = await leased(redisLock(redis, name));
          const waiting = leased(redisLock(other, name));
          await admin.eval(RELEASE.lua, 1, key, first.value.token, '');
          await (await waiting).release();
          await first.release();
        });
      }));

    it('gets it when the process that holds it is killed', () =>
      withServer(async (redis) => {
        const holder = new HolderProcess(server().url, name, 500);
        await holder.holds;
        const waiting = leased(redisLock(redis, name));
        holder.kill('SIGKILL');
        await holder.ended;
        const { value, release } = await waiting;
        expect(value.fencing).toBe(2);
        await release();
      }));

    /** How many listen to the channel of the lock. */
    const listeners = async (redis: Redis): Promise<number> => Number((await redis.pubsub('NUMSUB', `${key}:free`))[1]);

    /** How often scripts were run. */
    const asked = async (redis: Redis): Promise<number> => {
      const stats = await redis.info('commandstats');
      return Number(/cmdstat_evalsha:calls=(\d+)/.exec(stats)?.[1] ?? 0);
    };
  });

  it('D4 the scope ends where the server was killed', async () => {
    const mortal = await lease(ownRedis());
    const { url, child } = mortal.value;
    await withClients(url, 1, async (redis) => {
      const { entered, ended } = entering(redis, { ttl: 400 });
      await entered;
      child.kill('SIGKILL');
      expect((await ended).cause).toMatchObject({ reason: 'expired' });
    });
    expect(await rejection(mortal.release())).toBeInstanceOf(ResourceLostError);
  });

  it('a server that was started again has lost its memory: the lock is lost at the next renewal, and others may have it', async () => {
    const mortal = await lease(ownRedis());
    const { port, host, child } = mortal.value;
    await withClients(mortal.value.url, 1, async (redis) => {
      const { entered, ended } = entering(redis, { ttl: 2000 });
      await entered;
      child.kill('SIGKILL');
      await once(child, 'exit');
      const args = ['--port', String(port), '--bind', host, '--save', '', '--appendonly', 'no'];
      const again = spawn(redisBinary() ?? '', args, { stdio: ['ignore', 'pipe', 'pipe'] });
      try {
        await waitForLine(again, 'Ready to accept connections');
        expect((await ended).cause).toMatchObject({ reason: 'taken' });
      } finally {
        await stopped(again, 'SIGTERM');
      }
    });
    await rejection(mortal.release());
  });
});

/** A lease whose release can be handed on. */
async function leased<T>(resource: Parameters<typeof lease<T>>[0]): Promise<{ value: T; release(): Promise<boolean> }> {
  const held = await lease(resource);
  return { value: held.value, release: () => held.release() };
}
