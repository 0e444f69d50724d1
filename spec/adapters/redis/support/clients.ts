import { Redis as IoRedis6 } from 'ioredis';
import { Redis as IoRedis5 } from 'ioredis-5';
import { createClient as createClient6 } from 'redis';
import { createClient as createClient5 } from 'redis-5';
import { redisClient, type AnyRedisClient, type RedisClientOptions } from '../../../../lib/adapters/redis/index.js';
import { lease, type Lease, type Resource } from '../../../../lib/index.js';

/** Two majors of both clients. */
export const KINDS: readonly (readonly [string, (url: string) => AnyRedisClient])[] = [
  ['ioredis 6', (url) => new IoRedis6(url)],
  ['ioredis 5', (url) => new IoRedis5(url)],
  ['node-redis 6', (url) => createClient6({ url })],
  ['node-redis 5', (url) => createClient5({ url })],
];

/** A client that comes back quickly after a cut, as an ioredis. */
export function client(url: string, options: RedisClientOptions = {}): Resource<IoRedis6> {
  return redisClient(() => new IoRedis6(url, { retryStrategy: () => 10, disconnectTimeout: 50 }), options);
}

/** Opens so many clients; whatever happens, they are closed after `body`. */
export async function withClients<T>(
  url: string,
  count: number,
  body: (...clients: IoRedis6[]) => Promise<T>,
): Promise<T> {
  const held: Lease<IoRedis6>[] = [];
  try {
    for (let i = 0; i < count; i++) held.push(await lease(client(url)));
    return await body(...held.map(({ value }) => value));
  } finally {
    await Promise.all(held.map((one) => one.release()));
  }
}

let names = 0;

/** A name that nobody else uses, also on a server that is shared. */
export function uniqueName(): string {
  return `spec-${String(process.pid)}-${String(performance.now())}-${String(++names)}`;
}
