import { randomUUID } from 'node:crypto';
import type { Redis } from 'ioredis';
import { from, mergeMap, NEVER } from 'rxjs';
import { redisSemaphore, type RedisSemaphoreOptions } from '../../../lib/adapters/redis/index.js';
import { GIVE, LEAVE, PROLONG, TAKE } from '../../../lib/adapters/redis/redis-semaphore-scripts.js';
import { lastValue, lease, settled, using, type Lease } from '../../../lib/index.js';
import { eventually } from '../../support/eventually.js';
import { describeWithOurRedis } from '../../support/services.js';
import { tcpProxy, type TcpProxy } from '../../support/tcp-proxy.js';
import { uniqueName, withClients } from './support/clients.js';

jest.setTimeout(30_000); // one of them waits for a ttl

/** Polls that would let a test pass that should not do not come in its time. */
const NO_POLL: RedisSemaphoreOptions = { ttl: 120_000, pollInterval: 3_600_000 };

describeWithOurRedis('redisSemaphore, waiting', (server) => {
  let name: string;
  let key: string;

  beforeEach(() => {
    name = uniqueName();
    key = `semaphore:{${name}}`;
  });

  const withServer = <T>(body: (...clients: Redis[]) => Promise<T>): Promise<T> =>
    withClients(server().url, body.length, async (...clients) => {
      for (const script of [TAKE, PROLONG, GIVE, LEAVE]) await clients[0]?.script('LOAD', script.lua);
      return body(...clients);
    });

  /** Clients through a proxy that is theirs alone, and one straight to the server. */
  const withProxy = <T>(body: (proxy: TcpProxy, direct: Redis, ...proxied: Redis[]) => Promise<T>): Promise<T> =>
    withServer((direct) =>
      lastValue(
        using(tcpProxy({ host: server().host, port: server().port }), (proxy) => {
          const url = `redis://${proxy.host}:${String(proxy.port)}`;
          return withClients(url, body.length - 2, (...proxied) => body(proxy, direct, ...proxied));
        }),
      ),
    );

  const held = (redis: Redis, permits: number, options: RedisSemaphoreOptions = NO_POLL) =>
    lease(redisSemaphore(redis, name, permits, options));

  const waiting = (redis: Redis): Promise<number> => redis.zcard(`${key}:line`);

  const listening = async (redis: Redis): Promise<number> => Number((await redis.pubsub('NUMSUB', `${key}:free`))[1]);

  /** As many wait on the server, and hear messages. */
  const allWait = (redis: Redis, count: number): Promise<boolean> =>
    eventually(
      `${String(count)} wait`,
      async () => (await waiting(redis)) === count && (await listening(redis)) === count,
    );

  /** How often each command was called. */
  async function calls(redis: Redis): Promise<Partial<Record<string, number>>> {
    const stats = await redis.info('commandstats');
    return Object.fromEntries(
      [...stats.matchAll(/cmdstat_(\w+):calls=(\d+)/g)].map(([, what = '', times]) => [what, Number(times)] as const),
    );
  }

  describe('of scopes that use one client', () => {
    it('no more ask than there are permits: two commands for each, and no second connection', () =>
      withServer(async (redis, admin) => {
        const permit = redisSemaphore(redis, name, 3);
        await admin.config('RESETSTAT');
        const scopes = Array.from({ length: 30 }, (_, index) => index);
        const work = from(scopes).pipe(mergeMap((index) => using(permit, () => redis.ping().then(() => index))));
        await lastValue(work);
        const { evalsha, eval: inFull, subscribe } = await calls(admin);
        expect({ evalsha, inFull, subscribe }).toEqual({ evalsha: 60, inFull: undefined, subscribe: undefined });
      }));

    it('those that may not ask yet are not in the line on the server', () =>
      withServer(async (redis, other) => {
        const [first, second] = [await held(other, 2), await held(other, 2)];
        const leases = Array.from({ length: 5 }, () => held(redis, 2));
        await eventually('two wait', async () => (await waiting(other)) === 2);
        await first.release();
        const next = await (leases.shift() as Promise<Lease<unknown>>);
        expect(await waiting(other)).toBe(1);
        await second.release();
        await next.release();
        for (const one of leases) await (await one).release();
      }));
  });

  describe('the server', () => {
    /** What it is asked for two permits, and what it tells. */
    async function asked(redis: Redis, listening: Redis) {
      const keys = [key, `${key}:line`, `${key}:presence`] as const;
      const told: string[] = [];
      listening.on('message', (_: string, message: string) => told.push(message));
      await listening.subscribe('told');
      return {
        take: (token: string, { ttl = 60_000, patience = 60_000 } = {}) =>
          redis.eval(TAKE.lua, 4, key, `${key}:fence`, keys[1], keys[2], token, ttl, 2, patience),
        give: (token: string) => redis.eval(GIVE.lua, 3, ...keys, token, 'told', 2),
        leave: (token: string) => redis.eval(LEAVE.lua, 3, ...keys, token, 'told', 2),
        /** What it has told since the last time. */
        told: async (): Promise<string[]> => {
          await redis.publish('told', 'end');
          await eventually('all is heard', () => told.at(-1) === 'end');
          return told.splice(0).slice(0, -1);
        },
      };
    }

    const [a, b, c] = [randomUUID(), randomUUID(), randomUUID()] as const;

    it('calls as many from the head of the line as there are permits free, by the beginning of their token', () =>
      withServer(async (redis, listening) => {
        const { take, give, leave, told } = await asked(redis, listening);
        for (const token of ['one', 'two', `${a} me`, `${b} you`, `${c} them`]) await take(token);
        expect(await told()).toEqual([]);
        await give('one');
        expect(await told()).toEqual([a]);
        await give('two');
        expect(await told()).toEqual([`${a} ${b}`]);
        await leave(`${a} me`);
        expect(await told()).toEqual([`${b} ${c}`]);
        await take(`${b} you`);
        await leave(`${b} you`); // it was granted meanwhile
        expect(await told()).toEqual([c]);
      }));

    it('calls nobody while nothing is free', () =>
      withServer(async (redis, listening) => {
        const { take, leave, told } = await asked(redis, listening);
        for (const token of ['one', 'two', `${a} me`, `${b} you`]) await take(token);
        await leave(`${a} me`);
        expect(await told()).toEqual([]);
      }));

    it('does not call those that are not heard of any more, and counts what has expired as free', () =>
      withServer(async (redis, listening) => {
        const { take, give, told } = await asked(redis, listening);
        await take('one', { ttl: 30 });
        await take('two');
        await take(`${a} me`, { patience: 30 });
        for (const token of [`${b} you`, `${c} them`]) await take(token);
        await eventually('the time is over', async () => {
          const [seconds, micros] = (await redis.time()).map(Number) as [number, number];
          const now = seconds * 1000 + micros / 1000;
          const ends = [await redis.zscore(key, 'one'), await redis.zscore(`${key}:presence`, `${a} me`)];
          return ends.every((at) => Number(at) < now);
        });
        await give('two');
        expect(await told()).toEqual([`${b} ${c}`]);
      }));

    it('names nobody where nobody is in the line: that is for all who hear it', () =>
      withServer(async (redis, listening) => {
        const { take, give, told } = await asked(redis, listening);
        await take('one');
        await give('one');
        expect(await told()).toEqual(['']);
      }));
  });

  describe('of those that wait on the server', () => {
    it('only those at the head ask when something is given back, however many there are', () =>
      withClients(server().url, 14, async (...clients) => {
        const [watching, holding, ...others] = clients as [Redis, Redis, ...Redis[]];
        const asked = new Map<string, number>();
        const monitor = await watching.monitor();
        monitor.on('monitor', (_: string, [command, sha, , , , , , token]: string[]) => {
          const owner = token?.split(' ')[1];
          if (command?.startsWith('eval') === true && owner !== undefined && sha === TAKE.sha) {
            asked.set(owner, (asked.get(owner) ?? 0) + 1);
          }
        });
        const first = await held(holding, 1);
        const turns: Promise<unknown>[] = [];
        for (const [index, redis] of others.entries()) {
          const permit = redisSemaphore(redis, name, 1, { ...NO_POLL, owner: `w${String(index)}` });
          turns.push(lastValue(using(permit, () => redis.ping())));
          await allWait(holding, index + 1);
        }
        asked.clear();
        await first.release();
        await Promise.all(turns);
        await eventually('all was seen', () => asked.size === others.length);
        monitor.disconnect();
        // The first one may have polled. One more is for messages that came before they were heard.
        const [, ...behind] = [...asked].sort(([a], [b]) => Number(a.slice(1)) - Number(b.slice(1)));
        for (const [owner, times] of behind) expect([owner, times <= 3]).toEqual([owner, true]);
      }));

    it('one who is called and leaves before it has asked passes it on', () =>
      withProxy(async (proxy, direct, called) =>
        withServer(async (behind) => {
          const [first, second] = [await held(direct, 2), await held(direct, 2)];
          const permit = redisSemaphore(called, name, 2, { ...NO_POLL, nodeTimeout: 20 });
          const left = using(permit, () => NEVER).subscribe();
          await allWait(direct, 1);
          const next = held(behind, 2);
          await allWait(direct, 2);
          proxy.silence();
          await first.release(); // the message is for the one who cannot ask
          left.unsubscribe();
          await settled();
          expect(await waiting(direct)).toBe(2);
          proxy.resume();
          await (await next).release();
          await second.release();
        }),
      ));

    it('one who is called and leaves while it is granted passes it on', () =>
      withProxy(async (proxy, direct, called) =>
        withServer(async (behind) => {
          const first = await held(direct, 1);
          const permit = redisSemaphore(called, name, 1, { ...NO_POLL, nodeTimeout: 20 });
          const left = using(permit, () => NEVER).subscribe();
          await allWait(direct, 1);
          const next = held(behind, 1);
          await allWait(direct, 2);
          const lost = proxy.loseAnswerTo(TAKE.sha, { keep: true });
          await first.release();
          await lost; // it has the permit, and does not know
          left.unsubscribe();
          await (await next).release();
          proxy.resume();
        }),
      ));

    it('one who leaves from the middle of the line calls nobody while nothing is free', () =>
      withServer(async (redis, other, third) => {
        const first = await held(redis, 1);
        const left = using(redisSemaphore(other, name, 1, NO_POLL), () => NEVER).subscribe();
        await allWait(redis, 1);
        const next = held(third, 1);
        await allWait(redis, 2);
        await redis.config('RESETSTAT');
        left.unsubscribe();
        await settled();
        expect((await calls(redis))['publish']).toBeUndefined();
        await first.release();
        await (await next).release();
      }));

    it('all ask where a message names nobody', () =>
      withServer(async (redis, other) => {
        const first = await held(redis, 1);
        const next = held(other, 1);
        await allWait(redis, 1);
        await redis.zrem(key, first.value.token); // deleted without a message
        await redis.publish(`${key}:free`, '');
        await (await next).release();
        await first.release();
      }));

    it('they go on by polling where messages do not come any more', () =>
      withProxy(async (proxy, direct, one, two, three) => {
        const first = await held(direct, 1);
        const order: number[] = [];
        const options = { pollInterval: 50 };
        const turns: Promise<unknown>[] = [];
        for (const [index, redis] of [one, two, three].entries()) {
          const permit = redisSemaphore(redis, name, 1, options);
          turns.push(lastValue(using(permit, async () => order.push(index))));
          await allWait(direct, index + 1);
        }
        proxy.refuseNew();
        await direct.call('CLIENT', 'KILL', 'TYPE', 'pubsub');
        await eventually('nobody hears anything', async () => (await listening(direct)) === 0);
        await first.release();
        await Promise.all(turns);
        expect(order).toEqual([0, 1, 2]);
        proxy.accept();
      }));

    it('they come back in time for a permit that one ahead has got since they asked, and that expires', () =>
      withServer(async (redis, other) => {
        const take = (ttl: number, patience: number): Promise<unknown> => {
          const keys = [key, `${key}:fence`, `${key}:line`, `${key}:presence`];
          return redis.eval(TAKE.lua, 4, ...keys, 'dies', ttl, 1, patience);
        };
        const first = await held(redis, 1);
        expect(await take(100, 3_600_000)).toMatchObject([0, 1, 0, expect.any(Number)]);
        const next = held(other, 1, { ...NO_POLL, ttl: 500 });
        await allWaitBehind(redis);
        await first.release();
        expect(await take(100, 0)).toMatchObject([1, expect.any(Number)]); // and is not heard of any more
        await (await next).release();
      }));

    /** One waits that hears messages, and one that does not. */
    const allWaitBehind = (redis: Redis): Promise<boolean> =>
      eventually('it waits', async () => (await waiting(redis)) === 2 && (await listening(redis)) === 1);
  });
});
