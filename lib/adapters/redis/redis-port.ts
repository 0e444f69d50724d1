import type { Observable } from 'rxjs';

import { keyedMutex } from '../../concurrency/index.js';
import type { Resource } from '../../core/index.js';
import { kindOf } from '../../internal/check.js';
import { Channels } from './channels.js';
import type { AnyRedisClient, IoRedisClient, NodeRedisClient, RedisConnection } from './client-port.js';
import { IoRedisConnection } from './ioredis-connection.js';
import { NodeRedisConnection } from './node-redis-connection.js';
import { PermitTurns } from './redis-semaphore-turns.js';
import type { RedisScript } from './script.js';

/** What locks and their like need of a client. One for each client, however many use it. */
export class RedisPort {
  /** Whose turn it is, in this process, to ask for a lock, and to hold it. */
  readonly turns = keyedMutex({ name: 'redis' });
  /** The same for semaphores. */
  readonly permits = new PermitTurns();
  private readonly channels: Channels;

  constructor(readonly connection: RedisConnection) {
    this.channels = new Channels(connection);
  }

  /**
   * Runs a script: by its digest, and in full where the server does not know it (any more), in a second round trip. With
   * `isWanted` that one is not made for somebody who has left meanwhile.
   */
  async run(
    script: RedisScript,
    keys: readonly string[],
    values: readonly string[],
    isWanted: () => boolean = always,
  ): Promise<unknown> {
    try {
      return await this.connection.evalSha(script.sha, keys, values);
    } catch (error) {
      if (!isNoScript(error) || !isWanted()) throw error;
    }
    return this.connection.eval(script.lua, keys, values);
  }

  /**
   * Entered when messages of the channel arrive; the handle emits each, and an empty one after a reconnect, since messages may
   * have been missed. On a second connection, opened for the first who listens through this client and closed after the last.
   */
  channel(name: string): Resource<Observable<string>> {
    return this.channels.listen(name);
  }
}

const ports = /* @__PURE__ */ new WeakMap<AnyRedisClient, RedisPort>();

/** The port of a client. A `TypeError` where it is none of those that are known. */
export function portOf(client: AnyRedisClient): RedisPort {
  const known = ports.get(client);
  if (known !== undefined) return known;
  const port = new RedisPort(connectionOf(client));
  ports.set(client, port);
  return port;
}

/** Which kind of client it is, seen by the methods that only one of them has. */
export function connectionOf(client: AnyRedisClient): RedisConnection {
  const { evalsha, evalSha } = ((client as unknown) ?? {}) as Partial<IoRedisClient & NodeRedisClient>;
  if (typeof evalSha === 'function') return new NodeRedisConnection(client as NodeRedisClient);
  if (typeof evalsha === 'function') return new IoRedisConnection(client as IoRedisClient);
  throw new TypeError(
    `Expected a client of ioredis or node-redis, received ${kindOf(client)} without evalsha() or evalSha().`,
  );
}

function isNoScript(error: unknown): boolean {
  return (error as { readonly message?: unknown } | null)?.message?.toString().startsWith('NOSCRIPT') === true;
}

function always(): boolean {
  return true;
}
