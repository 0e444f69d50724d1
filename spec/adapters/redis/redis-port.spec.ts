import type { Redis } from 'ioredis';
import type { AnyRedisClient, IoRedisClient, NodeRedisClient } from '../../../lib/adapters/redis/index.js';
import { connectionOf, portOf } from '../../../lib/adapters/redis/redis-port.js';
import { IoRedisConnection } from '../../../lib/adapters/redis/ioredis-connection.js';
import { NodeRedisConnection } from '../../../lib/adapters/redis/node-redis-connection.js';
import { RedisScript } from '../../../lib/adapters/redis/script.js';
import { redisClient } from '../../../lib/adapters/redis/index.js';
import { lastValue, lease, openResources, settled, using } from '../../../lib/index.js';
import { eventually } from '../../support/eventually.js';
import { rejection } from '../../support/rejection.js';
import { describeWithOurRedis } from '../../support/services.js';
import { KINDS, uniqueName, withClients } from './support/clients.js';

/** Of either kind; each has commands of its own. */
type Anything = AnyRedisClient &
  Record<'scriptFlush' | 'script' | 'publish', (...values: string[]) => Promise<unknown>>;

describeWithOurRedis('RedisPort', (server) => {
  describe.each(KINDS)('of %s', (title, make) => {
    const withClient = <T>(body: (client: Anything, admin: Redis) => Promise<T>): Promise<T> =>
      withClients(server().url, 1, (admin) =>
        lastValue(
          using(
            redisClient(() => make(server().url)),
            (client) => body(client as Anything, admin),
          ),
        ),
      );

    const flush = (client: Anything): Promise<unknown> =>
      title.startsWith('io') ? client.script('FLUSH') : client.scriptFlush();

    it('hands keys and values to a script, and its answer back', () =>
      withClient(async (client) => {
        const script = new RedisScript(`return {KEYS[1], KEYS[2], ARGV[1], 7}`);
        expect(await portOf(client).run(script, ['a', 'b'], ['c'])).toEqual(['a', 'b', 'c', 7]);
      }));

    it('D15 sends a script in full where the server does not know it, each time that happens', () =>
      withClient(async (client) => {
        const script = new RedisScript(`return '${uniqueName()}'`);
        const first = await portOf(client).run(script, [], []);
        await flush(client);
        expect(await portOf(client).run(script, [], [])).toBe(first);
      }));

    it('D15 does not, where nobody wants it any more', () =>
      withClient(async (client) => {
        const script = new RedisScript(`return '${uniqueName()}'`);
        const error = await rejection(portOf(client).run(script, [], [], () => false));
        expect((error as Error).message).toMatch(/^NOSCRIPT/);
      }));

    it('fails with what the script fails with, and asks no second time', () =>
      withClient(async (client) => {
        const key = uniqueName();
        const script = new RedisScript(`redis.call('incr', KEYS[1]) return redis.error_reply('OOPS it is wrong')`);
        await rejection(portOf(client).run(script, [key], []));
        const error = await rejection(portOf(client).run(script, [key], []));
        expect((error as Error).message).toMatch('OOPS it is wrong');
        const count = new RedisScript(`return redis.call('get', KEYS[1])`);
        expect(await portOf(client).run(count, [key], [])).toBe('2');
      }));

    it('tells of messages, on one connection for all who listen, that is there while they do', () =>
      withClient(async (client, admin) => {
        const port = portOf(client);
        const [a, b] = [uniqueName(), uniqueName()];
        const heard: string[] = [];
        const first = await lease(port.channel(a));
        const second = await lease(port.channel(a));
        const other = await lease(port.channel(b));
        first.value.subscribe(() => heard.push('first'));
        second.value.subscribe(() => heard.push('second'));
        other.value.subscribe(() => heard.push('other'));
        await client.publish(a, 'x');
        await eventually('both have heard', () => heard.length === 2);
        await first.release();
        await client.publish(a, 'x');
        await client.publish(b, 'x');
        await eventually('the others have heard', () => heard.length === 4);
        expect(heard.slice(0, 2).sort()).toEqual(['first', 'second']);
        expect(heard.slice(2).sort()).toEqual(['other', 'second']);
        expect(await numberOfSubscribers(admin)).toBe(1);
        await second.release();
        await other.release();
        await settled();
        await eventually('the connection is closed', async () => (await numberOfSubscribers(admin)) === 0);
      }));

    it('tells of a reconnect as well: messages may have been missed', () =>
      withClient(async (client, admin) => {
        const listening = await lease(portOf(client).channel(uniqueName()));
        const heard = new Promise<void>((resolve) => {
          listening.value.subscribe(() => {
            resolve();
          });
        });
        await admin.call('CLIENT', 'KILL', 'TYPE', 'pubsub');
        await heard;
        await listening.release();
      }));

    it('gives up a second connection that is left while it is made', () =>
      withClient(async (client, admin) => {
        portOf(client).channel(uniqueName()).subscribe().unsubscribe();
        await settled();
        expect(openResources().map(({ name }) => name)).not.toContain('redis subscriber');
        await eventually('nobody listens', async () => (await numberOfSubscribers(admin)) === 0);
      }));
  });

  async function numberOfSubscribers(admin: Redis): Promise<number> {
    const list = String(await admin.call('CLIENT', 'LIST', 'TYPE', 'pubsub'));
    return list.split('\n').filter((line) => line !== '').length;
  }
});

describe('portOf', () => {
  const io = { evalsha: () => Promise.resolve(1) } as unknown as IoRedisClient;
  const node = { evalSha: () => Promise.resolve(1), evalsha: () => Promise.resolve(1) } as unknown as NodeRedisClient;

  it('makes one for each client', () => {
    expect(portOf(io)).toBe(portOf(io));
    expect(portOf(io)).not.toBe(portOf(node));
  });

  it('tells the kinds apart by their methods', () => {
    expect(connectionOf(io)).toBeInstanceOf(IoRedisConnection);
    expect(connectionOf(node)).toBeInstanceOf(NodeRedisConnection);
  });

  it.each([undefined, null, 5, {}, 'redis://localhost'])('refuses %p', (value) => {
    expect(() => portOf(value as AnyRedisClient)).toThrow(TypeError);
  });
});
