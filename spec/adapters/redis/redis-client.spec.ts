import { Redis as IoRedis6 } from 'ioredis';
import { Redis as IoRedis5 } from 'ioredis-5';
import { createClient as createClient6 } from 'redis';
import { createClient as createClient5 } from 'redis-5';
import { NEVER } from 'rxjs';
import { redisClient, type AnyRedisClient, type RedisClientOptions } from '../../../lib/adapters/redis/index.js';
import { AcquireTimeoutError, lastValue, lease, ResourceLostError, settled, using } from '../../../lib/index.js';
import { eventually } from '../../support/eventually.js';
import { rejection } from '../../support/rejection.js';
import { describeWithOurRedis } from '../../support/services.js';
import { tcpProxy, type TcpProxy } from '../../support/tcp-proxy.js';
import { uniqueName } from './support/clients.js';

/** What both kinds of clients can do, in words of their own. */
interface Commands {
  ping(): Promise<unknown>;
  incr(key: string): Promise<number>;
  get(key: string): Promise<string | null>;
}

interface Kind {
  readonly title: string;
  make(url: string): AnyRedisClient & Commands;
  /** One that does not try again. */
  fragile(url: string): AnyRedisClient & Commands;
  closeByHand(client: AnyRedisClient): void;
}

const kinds: readonly Kind[] = [
  ...([IoRedis6, IoRedis5] as (typeof IoRedis6)[]).map((Client, index) => ({
    title: `ioredis ${String(6 - index)}`,
    make: (url: string) => new Client(url, { retryStrategy: () => 10, disconnectTimeout: 50 }),
    fragile: (url: string) => new Client(url, { retryStrategy: () => null, disconnectTimeout: 50 }),
    closeByHand: (client: AnyRedisClient) => {
      (client as IoRedis6).disconnect();
    },
  })),
  ...([createClient6, createClient5] as (typeof createClient6)[]).map((create, index) => ({
    title: `node-redis ${String(6 - index)}`,
    make: (url: string) => create({ url, socket: { reconnectStrategy: () => 10 } }),
    fragile: (url: string) => create({ url, socket: { reconnectStrategy: false } }),
    closeByHand: (client: AnyRedisClient) => {
      (client as ReturnType<typeof createClient6>).destroy();
    },
  })),
];

const NOBODY = 'redis://127.0.0.1:1';

describeWithOurRedis('redisClient', (server) => {
  const withProxy = <T>(body: (proxy: TcpProxy, url: string) => Promise<T>): Promise<T> =>
    lastValue(
      using(tcpProxy({ host: server().host, port: server().port }), (proxy) =>
        body(proxy, `redis://${proxy.host}:${String(proxy.port)}`),
      ),
    );

  describe.each(kinds)('of $title', ({ make, fragile, closeByHand }) => {
    const on = (url: string, options?: RedisClientOptions) => redisClient(() => make(url), options);

    it('is connected when the body runs, and closed after it', () =>
      withProxy(async (proxy, url) => {
        const answer = await lastValue(using(on(url), (redis) => redis.ping()));
        expect(answer).toBe('PONG');
        await eventually('it is closed', () => proxy.connections === 0);
      }));

    it('takes one that is being connected, or was, too', async () => {
      const connecting = redisClient(() => {
        const made = make(server().url);
        (made as { on(event: string, listener: () => void): void }).on('error', () => undefined);
        (made as { connect(): Promise<unknown> }).connect().catch(() => undefined);
        return made;
      });
      expect(await lastValue(using(connecting, (redis) => redis.ping()))).toBe('PONG');
      const connected = redisClient(async () => {
        const made = make(server().url);
        (made as { on(event: string, listener: () => void): void }).on('error', () => undefined);
        await (made as { connect(): Promise<unknown> }).connect().catch(() => undefined);
        await made.ping();
        return made;
      });
      expect(await lastValue(using(connected, (redis) => redis.ping()))).toBe('PONG');
    });

    it('is answered what it has sent before it is closed', async () => {
      const key = uniqueName();
      let sent: Promise<number> | undefined;
      await lastValue(
        using(on(server().url), (redis) => {
          sent = redis.incr(key);
          return [1];
        }),
      );
      expect(await sent).toBe(1);
    });

    it('is closed within closeTimeout where nothing is answered any more', () =>
      withProxy(async (proxy, url) => {
        const held = await lease(on(url, { closeTimeout: 20 }));
        proxy.silence();
        const unanswered = rejection(held.value.ping());
        await held.release();
        expect(await unanswered).toBeInstanceOf(Error);
        proxy.resume();
        await eventually('it is closed', () => proxy.connections === 0);
      }));

    it('is not lost by a reconnect', () =>
      withProxy(async (proxy, url) => {
        const key = uniqueName();
        const value = await lastValue(
          using(on(url), async (redis) => {
            proxy.cut();
            await eventually('it works again', () => redis.ping().catch(() => false));
            return redis.incr(key);
          }),
        );
        expect(value).toBe(1);
      }));

    it('is lost when it has given up, with what it failed with', () =>
      withProxy(async (proxy, url) => {
        const held = lastValue(
          using(
            redisClient(() => fragile(url)),
            () => {
              proxy.cut();
              return NEVER;
            },
          ),
        );
        const error = await rejection(held);
        expect(error).toBeInstanceOf(ResourceLostError);
        expect((error as Error).cause).toBeInstanceOf(Error);
      }));

    it('is lost when somebody else closes it', async () => {
      const held = using(on(server().url), (redis) => {
        closeByHand(redis);
        return NEVER;
      });
      const error = await rejection(lastValue(held));
      expect(error).toBeInstanceOf(ResourceLostError);
      expect((error as Error).cause).toEqual(new Error('The client was closed by somebody else.'));
    });

    it('fails after connectTimeout, and says why it could not connect', async () => {
      const error = await rejection(lease(on(NOBODY, { connectTimeout: 50 })));
      expect(error).toBeInstanceOf(AcquireTimeoutError);
      expect((error as Error).message).toBe('The client was not connected within 50 ms, its connectTimeout.');
      expect(JSON.stringify((error as Error).cause)).toMatch('ECONNREFUSED');
    });

    it('fails as the client does where that gives up at once', async () => {
      const error = await rejection(lease(redisClient(() => fragile(NOBODY))));
      expect(error).not.toBeInstanceOf(AcquireTimeoutError);
      expect(JSON.stringify(error)).toMatch('ECONNREFUSED');
    });

    it('is closed when it is left while it connects', () =>
      withProxy(async (proxy, url) => {
        proxy.silence();
        const subscription = on(url).subscribe();
        await eventually('it has dialled', () => proxy.connections === 1);
        subscription.unsubscribe();
        await settled();
        proxy.resume();
        await eventually('it is closed', () => proxy.connections === 0);
      }));

    it('is closed when it is left in the tick in which it was made', () =>
      withProxy(async (proxy, url) => {
        on(url).subscribe().unsubscribe();
        await settled();
        await lastValue(using(on(url), (redis) => redis.ping())); // one more has come and gone
        await eventually('both are closed', () => proxy.connections === 0);
      }));
  });

  it('fails with what the factory fails with', async () => {
    const boom = new Error('boom');
    const failing = redisClient(() => {
      throw boom;
    });
    expect(await rejection(lease(failing))).toBe(boom);
    expect(await rejection(lease(redisClient(() => Promise.reject<AnyRedisClient>(boom))))).toBe(boom);
  });

  it('refuses what is no client', async () => {
    const error = await rejection(lease(redisClient(() => ({}) as AnyRedisClient)));
    expect(error).toBeInstanceOf(TypeError);
    expect((error as Error).message).toMatch('Expected a client of ioredis or node-redis');
  });

  it('refuses bad options, at the call', () => {
    const make = (): AnyRedisClient => new IoRedis6(NOBODY);
    expect(() => redisClient(undefined as never)).toThrow(TypeError);
    expect(() => redisClient(make, { connectTimeout: -1 })).toThrow(RangeError);
    expect(() => redisClient(make, { closeTimeout: NaN })).toThrow(RangeError);
    expect(() => redisClient(make, { timeout: 1 } as RedisClientOptions)).toThrow(TypeError);
  });

  it('is named', () => {
    const make = (): AnyRedisClient => new IoRedis6(NOBODY);
    expect(redisClient(make).name).toBe('redisClient');
    expect(redisClient(make, { name: 'sessions' }).name).toBe('sessions');
  });
});
