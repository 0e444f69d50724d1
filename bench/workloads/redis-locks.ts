/** Ways of holding a lock in Redis, each on a client of its own. */
import { spawn } from 'node:child_process';
import { createHash, randomUUID } from 'node:crypto';
import { once } from 'node:events';
import { createServer, type AddressInfo } from 'node:net';
import { dirname } from 'node:path';
import { Redis } from 'ioredis';
import RedlockModule from 'redlock';
import { Mutex } from 'redis-semaphore';
import { rxscope } from './library.js';

const adapter = new URL('adapters/redis/index.js', `file://${dirname(process.env['RXSCOPE_BENCH_LIBRARY'] ?? '')}/`);

/** Holds the lock around `work`. */
export type Hold = (work: () => Promise<void> | void) => Promise<unknown>;

export interface RedisLocking {
  readonly name: string;
  open(client: Redis, key: string): Promise<Hold>;
}

let url: Promise<string> | undefined;

/** The server of `REDIS_URL`, or one that is started, and ends with this process. */
export function server(): Promise<string> {
  return (url ??= start());
}

async function start(): Promise<string> {
  const { REDIS_URL: given } = process.env;
  if (given !== undefined) return given;
  const probe = createServer().listen(0, '127.0.0.1');
  await once(probe, 'listening');
  const port = String((probe.address() as AddressInfo).port);
  probe.close();
  await once(probe, 'close');
  const args = ['--port', port, '--bind', '127.0.0.1', '--save', '', '--appendonly', 'no'];
  const child = spawn('redis-server', args, { stdio: ['ignore', 'pipe', 'ignore'] });
  process.once('exit', () => child.kill());
  for await (const text of child.stdout.setEncoding('utf8')) {
    if (String(text).includes('Ready to accept connections')) break;
  }
  return `redis://127.0.0.1:${port}`;
}

const COMPARE_AND_DELETE = `if redis.call('get', KEYS[1]) == ARGV[1] then return redis.call('del', KEYS[1]) end return 0`;

/** What has to be sent in any case: SET NX PX, and a script that deletes what is still one's own. */
export const bare: RedisLocking = {
  name: 'bare SET + script',
  async open(client, key) {
    const sha = createHash('sha1').update(COMPARE_AND_DELETE).digest('hex');
    await client.script('LOAD', COMPARE_AND_DELETE);
    return async (work) => {
      const token = randomUUID();
      while ((await client.set(key, token, 'PX', 10_000, 'NX')) === null) await pause(1);
      await work();
      await client.evalsha(sha, 1, key, token);
    };
  },
};

export const own: RedisLocking = {
  name: 'rxscope',
  async open(client, key) {
    const { redisLock } = (await import(adapter.href)) as typeof import('../../lib/adapters/redis/index.js');
    const lock = redisLock(client, key);
    return (work) =>
      rxscope.lastValue(
        rxscope.using(lock, async () => {
          await work();
        }),
      );
  },
};

// In ESM its default export is the class, in its types too; in CommonJS it is a property.
const Redlock = ((RedlockModule as { default?: unknown }).default ?? RedlockModule) as typeof RedlockModule;

export const redlock: RedisLocking = {
  name: 'redlock',
  async open(client, key) {
    // The defaults, but for the number of attempts: 20 clients are more than ten attempts can serve.
    const made = new Redlock([client], { retryCount: -1 });
    return async (work) => {
      const lock = await made.acquire([key], 10_000);
      await work();
      await lock.release();
    };
  },
};

export const redisSemaphore: RedisLocking = {
  name: 'redis-semaphore',
  async open(client, key) {
    return async (work) => {
      const lock = new Mutex(client, key);
      await lock.acquire();
      await work();
      await lock.release();
    };
  },
};

export async function connect(): Promise<Redis> {
  const client = new Redis(await server());
  await client.ping();
  return client;
}

export function pause(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms));
}
