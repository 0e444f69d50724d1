import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { expectTypeOf } from 'expect-type';
import type { Redis } from 'ioredis';
import { merge, NEVER } from 'rxjs';
import { waitForLine } from '../../../examples/services/wait-for-line.js';
import {
  LockLostError,
  PermitNotAcquiredError,
  redisClient,
  redisSemaphore,
  type AnyRedisClient,
  type RedisPermit,
  type RedisSemaphoreOptions,
} from '../../../lib/adapters/redis/index.js';
import { GIVE, LEAVE, PROLONG, TAKE } from '../../../lib/adapters/redis/redis-semaphore-scripts.js';
import {
  consume,
  lastValue,
  lease,
  ResourceLostError,
  settled,
  using,
  type Lease,
  type Resource,
} from '../../../lib/index.js';
import { eventually } from '../../support/eventually.js';
import { rejection } from '../../support/rejection.js';
import { describeWithOurRedis, describeWithRedis } from '../../support/services.js';
import { root } from '../../support/sources.js';
import { tcpProxy, type TcpProxy } from '../../support/tcp-proxy.js';
import { client, KINDS, uniqueName, withClients } from './support/clients.js';

jest.setTimeout(30_000); // one of them starts a process

const nothing = (): void => undefined;

/** A permit, held in the name of a test. */
function held(redis: AnyRedisClient, name: string, permits: number, options: RedisSemaphoreOptions = {}) {
  return lease(redisSemaphore(redis, name, permits, options));
}

/** Holds a permit until it is lost: what its scope ends with. */
function untilLost(
  resource: Resource<RedisPermit>,
  entered: (permit: RedisPermit) => void,
): Promise<ResourceLostError> {
  const body = using(resource, (permit) => {
    entered(permit);
    return NEVER;
  });
  return rejection(lastValue(body)) as Promise<ResourceLostError>;
}

function entering(resource: Resource<RedisPermit>): {
  entered: Promise<RedisPermit>;
  ended: Promise<ResourceLostError>;
} {
  let tell: (permit: RedisPermit) => void = nothing;
  const entered = new Promise<RedisPermit>((resolve) => (tell = resolve));
  return { ended: untilLost(resource, tell), entered };
}

const releaseAll = (leases: readonly Lease<unknown>[]): Promise<unknown> =>
  Promise.all(leases.map((one) => one.release()));

describeWithOurRedis('redisSemaphore', (server) => {
  let name: string;
  let key: string;

  beforeEach(() => {
    name = uniqueName();
    key = `semaphore:{${name}}`;
  });

  /** Clients straight to the server. */
  const withServer = <T>(body: (...clients: Redis[]) => Promise<T>): Promise<T> =>
    withClients(server().url, body.length, body);

  /** A client through a proxy, and one straight to the server. The scripts are known there. */
  const withProxy = <T>(body: (proxied: Redis, proxy: TcpProxy, direct: Redis) => Promise<T>): Promise<T> =>
    withServer(async (direct) => {
      for (const script of [TAKE, PROLONG, GIVE, LEAVE]) await direct.script('LOAD', script.lua);
      return lastValue(
        using(tcpProxy({ host: server().host, port: server().port }), (proxy) =>
          using(client(`redis://${proxy.host}:${String(proxy.port)}`, { closeTimeout: 50 }), (proxied) =>
            body(proxied, proxy, direct),
          ),
        ),
      );
    });

  /** Nothing but the counter is left on the server. */
  const isEmpty = async (redis: Redis): Promise<void> => {
    await eventually('nothing is left', async () => (await redis.keys(`${key}*`)).join() === `${key}:fence`);
  };

  async function whileStopped<T>(body: () => Promise<T>): Promise<T> {
    server().child.kill('SIGSTOP');
    try {
      return await body();
    } finally {
      server().child.kill('SIGCONT');
    }
  }

  /** Where the permits are, the line, and who is believed to be in it. */
  const places = (): [string, string, string] => [key, `${key}:line`, `${key}:presence`];

  /** How many have a permit, and how many wait. */
  async function countsOf(redis: Redis): Promise<[number, number]> {
    return [await redis.zcard(key), await redis.zcard(`${key}:line`)];
  }

  describe('D12', () => {
    it('no more are in than there are permits: ten clients, forty scopes', () =>
      withClients(server().url, 10, async (...clients) => {
        const counts = { inside: 0, most: 0 };
        const work = Array.from({ length: 40 }, (_, index) =>
          using(redisSemaphore(clients[index % 10] as Redis, name, 3), async () => {
            counts.most = Math.max(counts.most, ++counts.inside);
            await clients[0]?.ping();
            counts.inside--;
          }),
        );
        await lastValue(merge(...work));
        expect(counts).toEqual({ inside: 0, most: 3 });
        await isEmpty(clients[0] as Redis);
      }));

    it('each permit has a name, a number and a deadline of its own', () =>
      withServer(async (redis) => {
        const first = await held(redis, name, 2, { ttl: 5000, owner: 'one' });
        const second = await held(redis, name, 2, { ttl: 9000, owner: 'two' });
        expect(first.value.token).toMatch(/^[\da-f-]{36} one$/);
        expect(second.value.fencing).toBeGreaterThan(first.value.fencing);
        expect(first.value.remaining).toBeLessThan(5000);
        expect(second.value.remaining).toBeGreaterThan(5000);
        const [seconds] = await redis.time();
        const [shorter, longer] = await Promise.all(
          [first, second].map(({ value }) =>
            redis.zscore(key, value.token).then((at) => Number(at) - Number(seconds) * 1000),
          ),
        );
        expect(Number(longer) - Number(shorter)).toBeGreaterThan(3000);
        await releaseAll([first, second]);
        expect([first.value.state, second.value.state]).toEqual(['released', 'released']);
        await isEmpty(redis);
      }));

    it('a permit that was not renewed is free, and those that wait come back when it expires', () =>
      withServer(async (redis, other) => {
        const { ended } = entering(redisSemaphore(redis, name, 1, { ttl: 150, renew: false }));
        // No message will come, and no poll for an hour.
        const next = await held(other, name, 1, { pollInterval: 3_600_000 });
        expect(next.value.isHeld).toBe(true);
        expect((await ended).cause).toMatchObject({ reason: 'expired' });
        await next.release();
      }));

    it('the permit of a process that was killed is free after its time', async () => {
      const file = join(root, 'spec', 'adapters', 'redis', 'support', 'permit-holder.ts');
      const child = spawn(process.execPath, ['--import', 'tsx', file, server().url, name, '1', '500'], {
        cwd: root,
        stdio: ['ignore', 'pipe', 'pipe'],
      });
      const closed = once(child, 'close');
      await waitForLine(child, 'held');
      child.kill('SIGKILL');
      await closed;
      await withServer(async (redis) => {
        expect(await redis.zcard(key)).toBe(1);
        const next = await held(redis, name, 1);
        expect(next.value.isHeld).toBe(true);
        await next.release();
      });
    });

    it('one that is renewed stays, long after its time', () =>
      withServer(async (redis, other) => {
        const first = await held(redis, name, 1, { ttl: 120 });
        const deadlines = new Set<number>();
        await eventually('it was renewed five times', () => deadlines.add(first.value.deadline).size > 5);
        expect(await rejection(held(other, name, 1, { acquireTimeout: 0 }))).toBeInstanceOf(PermitNotAcquiredError);
        expect(first.value.isHeld).toBe(true);
        await first.release();
      }));
  });

  describe('D13', () => {
    it('the clock of a client does not matter: one that is an hour off neither takes nor keeps more', () =>
      withServer(async (redis, other) => {
        const wall = jest.spyOn(Date, 'now');
        try {
          const real = Date.now();
          wall.mockReturnValue(real + 3_600_000);
          const ahead = await held(redis, name, 1, { ttl: 5000 });
          expect(await rejection(held(other, name, 1, { acquireTimeout: 0 }))).toBeInstanceOf(PermitNotAcquiredError);
          wall.mockReturnValue(real - 3_600_000);
          expect(await rejection(held(other, name, 1, { acquireTimeout: 0 }))).toBeInstanceOf(PermitNotAcquiredError);
          const [seconds] = await redis.time();
          const expires = Number(await redis.zscore(key, ahead.value.token));
          expect(expires - Number(seconds) * 1000).toBeLessThan(7000);
          expect(ahead.value.isHeld).toBe(true);
          await ahead.release();
        } finally {
          wall.mockRestore();
        }
      }));
  });

  describe('D4', () => {
    it('a silent server: the holder is told before its permit can expire over there', () =>
      withServer(async (redis, other) => {
        const { entered, ended } = entering(redisSemaphore(redis, name, 1, { ttl: 300 }));
        const permit = await entered;
        await whileStopped(async () => {
          const error = await ended;
          expect(error).toBeInstanceOf(ResourceLostError);
          expect(error.cause).toBeInstanceOf(LockLostError);
          expect(error.cause).toMatchObject({ reason: 'expired' });
          expect((error.cause as LockLostError).message).toMatch(`A permit of "${name}" was not renewed in time: `);
          expect(permit.state).toBe('lost');
        });
        const next = await held(other, name, 1);
        await next.release();
        await isEmpty(other);
      }));

    it('a server that has lost its memory: the holder is told with the next renewal, and nothing is brought back (D5)', () =>
      withServer(async (redis, other) => {
        const { ended } = entering(redisSemaphore(redis, name, 2, { ttl: 150 }));
        await eventually('it is in', async () => (await other.zcard(key)) === 1);
        await other.del(key);
        expect((await ended).cause).toMatchObject({ reason: 'taken' });
        expect(await other.exists(key)).toBe(0);
      }));

    it('says of what it was a permit', () =>
      withServer(async (redis, other) => {
        const { ended } = entering(redisSemaphore(redis, name, 2, { ttl: 150 }));
        await eventually('it is in', async () => (await other.zcard(key)) === 1);
        await other.del(key);
        expect(((await ended).cause as Error).message).toContain(`"${name}"`);
      }));
  });

  describe('D6', () => {
    it('giving back what has expired is quiet: the result is that of the body, and the permit of another stays', () =>
      withServer(async (redis, other) => {
        const first = await held(redis, name, 1, { ttl: 5000 });
        await other.del(key);
        const second = await held(other, name, 1);
        expect(await first.release()).toBe(false); // nothing was suppressed
        expect(first.value.state).toBe('lost');
        expect(second.value.isHeld).toBe(true);
        expect(await countsOf(other)).toEqual([1, 0]);
        await second.release();
      }));

    it('a server that does not answer holds up the end no longer than nodeTimeout', () =>
      withProxy(async (redis, proxy, direct) => {
        const permit = redisSemaphore(redis, name, 1, { ttl: 5000, nodeTimeout: 20 });
        const result = await lastValue(
          using(permit, () => {
            proxy.silence();
            return ['the result'];
          }),
        );
        expect(result).toBe('the result');
        proxy.resume();
        await isEmpty(direct);
      }));
  });

  describe('D8', () => {
    it('one who leaves the line gives up the place, and the next one goes on', () =>
      withServer(async (redis, other, third) => {
        const first = await held(redis, name, 1);
        const options = { pollInterval: 60_000 };
        const left = using(redisSemaphore(other, name, 1, options), () => NEVER).subscribe();
        await eventually('it waits', async () => (await countsOf(redis))[1] === 1);
        const next = held(third, name, 1, options);
        await eventually('both wait', async () => (await countsOf(redis))[1] === 2);
        left.unsubscribe();
        await eventually('it has left', async () => (await countsOf(redis))[1] === 1);
        await first.release();
        await (await next).release();
        await settled();
        await isEmpty(redis);
      }));

    it('a permit that was granted to one who has left meanwhile goes back', () =>
      withProxy(async (redis, proxy, direct) => {
        const lost = proxy.loseAnswerTo(TAKE.sha, { keep: true });
        const left = using(redisSemaphore(redis, name, 1, { nodeTimeout: 50 }), () => NEVER).subscribe();
        await lost; // it was granted, and nobody was told
        expect(await direct.zcard(key)).toBe(1);
        left.unsubscribe();
        await eventually('it went back', async () => (await direct.zcard(key)) === 0);
        proxy.resume();
      }));

    it('one who has left is not asked for in full where the server does not know the script', () =>
      withServer(async (redis, other) => {
        await other.script('FLUSH');
        using(redisSemaphore(redis, name, 1, { nodeTimeout: 50 }), () => NEVER)
          .subscribe()
          .unsubscribe();
        await settled();
        await redis.ping();
        expect(await other.exists(key, `${key}:fence`)).toBe(0);
      }));

    it('nor is one who has given up on a silent server: that would come after the leaving', () =>
      withServer(async (redis, other) => {
        await other.script('FLUSH');
        await other.script('LOAD', LEAVE.lua);
        await whileStopped(() => rejection(held(redis, name, 1, { acquireTimeout: 0, nodeTimeout: 20 })));
        await redis.ping();
        await redis.ping();
        expect(await other.exists(key, `${key}:fence`)).toBe(0);
      }));

    it.each([1, 2])('an answer that was lost with its connection costs no second permit, of %d', (permits) =>
      withProxy(async (redis, proxy, direct) => {
        const lost = proxy.loseAnswerTo(TAKE.sha);
        const asking = held(redis, name, permits, { acquireTimeout: 3000 });
        await lost;
        proxy.resume();
        const permit = await asking; // the client has sent it again
        expect(await direct.zcard(key)).toBe(1);
        await permit.release();
        await isEmpty(direct);
      }),
    );
  });

  describe('the server, asked for a permit', () => {
    const take = (redis: Redis, token: string, total: number, { ttl = 60_000, patience = 0 }): Promise<number[]> => {
      const keys = [key, `${key}:fence`, `${key}:line`, `${key}:presence`];
      return redis.eval(TAKE.lua, 4, ...keys, token, ttl, total, patience) as Promise<number[]>;
    };

    it('counts those no more that have expired, while others are renewed', () =>
      withServer(async (redis) => {
        expect(await take(redis, 'dies', 2, { ttl: 50 })).toEqual([1, 1]);
        expect(await take(redis, 'lives', 2, {})).toEqual([1, 2]);
        await eventually('it is free', async () => (await take(redis, 'next', 2, {}))[0] === 1);
        expect(await redis.zrange(key, '0', '-1')).toEqual(['lives', 'next']);
      }));

    it('tells of what was given back, and of a place that was left', () =>
      withServer(async (redis, listening) => {
        const heard: string[] = [];
        listening.on('message', (_: string, message: string) => heard.push(message));
        await listening.subscribe('told');
        const give = (token: string): Promise<unknown> => redis.eval(GIVE.lua, 3, ...places(), token, 'told', 2);
        const leave = (token: string): Promise<unknown> => redis.eval(LEAVE.lua, 3, ...places(), token, 'told', 2);
        const messages = async (): Promise<number> => {
          const before = heard.length;
          await redis.publish('told', 'end');
          await eventually('all is heard', () => heard.at(-1) === 'end' && heard.length > before);
          return heard.splice(0).length - 1;
        };
        await take(redis, 'dies', 2, { ttl: 10 });
        await take(redis, 'lives', 2, {});
        await take(redis, 'waits', 2, { patience: 60_000 });
        expect(await give('lives')).toBe(1);
        expect(await messages()).toBe(1);
        expect(await give('lives')).toBe(0);
        expect(await messages()).toBe(0);
        await leave('waits');
        expect(await messages()).toBe(1);
        await leave('waits');
        expect(await messages()).toBe(0);
        await take(redis, 'granted', 2, {});
        await leave('granted');
        expect(await messages()).toBe(1);
        expect(await redis.keys(`${key}:*`)).toEqual([`${key}:fence`]);
      }));

    it('says of a permit that has expired that it is not there, though nobody has put it away yet', () =>
      withServer(async (redis) => {
        await take(redis, 'dies', 2, { ttl: 10 });
        await take(redis, 'lives', 2, {});
        const [seconds, micros] = (await redis.time()) as unknown as [string, string];
        await redis.zadd(key, Number(seconds) * 1000 + Math.floor(Number(micros) / 1000), 'dies');
        expect(await redis.eval(PROLONG.lua, 1, key, 'dies', 60_000)).toBe(0);
        expect(await redis.eval(GIVE.lua, 3, ...places(), 'dies', 'told', 2)).toBe(0);
        expect(await redis.zrange(key, '0', '-1')).toEqual(['lives']);
      }));

    it('says when the next permit expires, or the next place in the line', () =>
      withServer(async (redis) => {
        await take(redis, 'holder', 1, { ttl: 20_000 });
        const [, held, ahead, permit] = await take(redis, 'first', 1, { patience: 40_000 });
        expect({ held, ahead }).toEqual({ held: 1, ahead: 0 });
        expect(Number(permit)).toBeGreaterThan(10_000);
        expect(Number(permit)).toBeLessThanOrEqual(20_000);
        await take(redis, 'first', 1, { patience: 9000 });
        const [, , behind, place] = await take(redis, 'second', 1, { patience: 40_000 });
        expect(behind).toBe(1);
        expect(place).toBeLessThanOrEqual(9000);
      }));
  });

  describe('the line', () => {
    it('is in order of arrival, over all clients', () =>
      withClients(server().url, 6, async (...clients) => {
        const [watching, ...others] = clients as [Redis, ...Redis[]];
        const first = await held(watching, name, 1);
        const order: number[] = [];
        const waiting: Promise<unknown>[] = [];
        for (const [index, redis] of others.entries()) {
          const turn = using(redisSemaphore(redis, name, 1), async () => order.push(index));
          waiting.push(lastValue(turn));
          await eventually('it waits', async () => (await countsOf(watching))[1] === index + 1);
        }
        await first.release();
        await Promise.all(waiting);
        expect(order).toEqual([0, 1, 2, 3, 4]);
      }));

    it('is not jumped by one who asks once', () =>
      withServer(async (redis, other) => {
        const [first, second] = [await held(redis, name, 2), await held(redis, name, 2)];
        await other.zadd(`${key}:line`, 1, 'somebody');
        await other.zadd(`${key}:presence`, 9_999_999_999_999, 'somebody');
        await first.release();
        const error = await rejection(held(redis, name, 2, { acquireTimeout: 0 }));
        expect(error).toMatchObject({ held: 1, ahead: 1, permits: 2 });
        await other.del(`${key}:line`, `${key}:presence`);
        await second.release();
      }));

    it('lets go of those that are not heard of any more', () =>
      withServer(async (redis, other) => {
        const first = await held(redis, name, 1);
        await other.zadd(`${key}:line`, 1, 'dead');
        const [seconds] = await other.time();
        await other.zadd(`${key}:presence`, Number(seconds) * 1000 + 1200, 'dead');
        const next = held(other, name, 1, { pollInterval: 3_600_000 });
        await first.release();
        await (await next).release();
        await isEmpty(other);
      }));

    it('goes on by polling where messages cannot be heard', () =>
      withServer(async (redis, other) => {
        await other.call(
          'ACL',
          'SETUSER',
          'deaf',
          'on',
          'nopass',
          '~*',
          '+@all',
          '-subscribe',
          '+publish',
          'allchannels',
        );
        const url = new URL(server().url);
        url.username = 'deaf';
        url.password = 'any';
        const deaf = await lease(client(url.href));
        const first = await held(redis, name, 1);
        const next = held(deaf.value, name, 1, { pollInterval: 20 });
        await eventually('it waits', async () => (await countsOf(other))[1] === 1);
        await first.release();
        await (await next).release();
        await deaf.release();
        await other.call('ACL', 'DELUSER', 'deaf');
      }));
  });

  describe('one that is not had', () => {
    it('says how many are out, and how many wait', () =>
      withServer(async (redis) => {
        const first = await held(redis, name, 1);
        const error = await rejection(held(redis, name, 1, { acquireTimeout: 30 }));
        expect(error).toBeInstanceOf(PermitNotAcquiredError);
        expect(error).toMatchObject({
          message: `The semaphore "${name}" has 1 of 1 permits out, and 0 who wait. It was waited for 30 ms, as acquireTimeout says.`,
          ...{ code: 'RXSCOPE_PERMIT_NOT_ACQUIRED', resource: `redisSemaphore(${name})` },
          ...{ key: name, permits: 1, held: 1, ahead: 0 },
        });
        await first.release();
        await isEmpty(redis);
      }));

    it('says what the server has against it', () =>
      withServer(async (redis) => {
        await redis.set(key, 'something else');
        const error = await rejection(held(redis, name, 1));
        expect(error).toBeInstanceOf(PermitNotAcquiredError);
        expect((error as Error).message).toContain('failed: WRONGTYPE');
        expect((error as Error).message).toContain('pipe retryAcquire()');
        expect((error as Error).cause).toBeInstanceOf(Error);
        await redis.del(key);
      }));

    it('says that the server was silent', () =>
      withServer(async (redis) => {
        await whileStopped(async () => {
          const once = await rejection(held(redis, name, 1, { acquireTimeout: 0, nodeTimeout: 20 }));
          expect((once as Error).message).toBe(
            `The semaphore "${name}" did not answer in time. It was asked once, as acquireTimeout says.`,
          );
          const waited = await rejection(held(redis, name, 1, { acquireTimeout: 20, nodeTimeout: 20 }));
          expect(waited).toMatchObject({ held: undefined, ahead: undefined });
        });
        await isEmpty(redis);
      }));
  });

  it('is refused with more than one server, and says why', () =>
    withServer(async (redis, other) => {
      expect(() => redisSemaphore([redis, other] as never, name, 2)).toThrow(
        'permits that several servers vote on can be held by more than there are of them',
      );
    }));

  it('refuses what makes no sense, at the call', () =>
    withServer(async (redis) => {
      expect(() => redisSemaphore(redis, name, 0)).toThrow(RangeError);
      expect(() => redisSemaphore(redis, name, 1.5)).toThrow(RangeError);
      expect(() => redisSemaphore(redis, name, Infinity)).toThrow('needs no semaphore');
      expect(() => redisSemaphore(redis, '', 1)).toThrow(TypeError);
      expect(() => redisSemaphore(redis, name, 1, { ttl: 1 })).toThrow(RangeError);
      expect(() => redisSemaphore(redis, name, 1, { tll: 1 } as never)).toThrow('There is no tll');
      expect(() => redisSemaphore({} as never, name, 1)).toThrow(TypeError);
    }));

  it('leaves nothing where its scope is left', () =>
    withServer(async (redis) => {
      const consumption = consume(using(redisSemaphore(redis, name, 1), () => NEVER));
      await eventually('it is in', async () => (await redis.zcard(key)) === 1);
      await consumption.close();
      await isEmpty(redis);
    }));
});

describeWithRedis('redisSemaphore, with any client', (url) => {
  it.each(KINDS)('works with %s', async (_, create) => {
    const name = uniqueName();
    const work = using(
      redisClient(() => create(url()) as never),
      (redis) => {
        const permit = redisSemaphore(redis, name, 1, { ttl: 5000, prefix: 'limit:' });
        expectTypeOf(permit).toEqualTypeOf<Resource<RedisPermit>>();
        const seen: number[] = [];
        const turn = using(permit, async ({ fencing }) => seen.push(fencing));
        return merge(turn, turn, turn);
      },
    );
    expect(await lastValue(work)).toBe(3);
  });
});
