import { defer, from, map, merge, NEVER, Observable, takeUntil, timer, type SchedulerLike } from 'rxjs';

import { AcquireTimeoutError, firstValue, lastValue, mapValue, resource, type Resource } from '../../core/index.js';
import { checkFunction, checkKeys } from '../../internal/check.js';
import { LONGEST_DELAY } from '../../internal/clock.js';
import type { AnyRedisClient, RedisConnection } from './client-port.js';
import { portOf } from './redis-port.js';

/** How {@link redisClient} connects and closes. */
export interface RedisClientOptions {
  /** Milliseconds that connecting may take, with all attempts of the client. Default 10,000. `Infinity`: no limit. */
  readonly connectTimeout?: number;
  /** Milliseconds that closing waits for answers to come; then the connection is cut. Default 1000. */
  readonly closeTimeout?: number;
  /** Shown in errors and by `openResources()`. Default `'redisClient'`. */
  readonly name?: string;
  /** For the timers of both. Default: RxJS's `asyncScheduler`. */
  readonly scheduler?: SchedulerLike;
}

/**
 * A client of Redis, connected when entered and closed when left. The handle is the client itself, as its package made it.
 *
 * Use it for ioredis (5, 6) and node-redis (5, 6), and for what composes: `shareResource` for one client for all,
 * `andThen((redis) => redisLock(redis, 'key'))`. {@link redisLock} and its like take any client, also one from elsewhere.
 *
 * **Guarantees.** The body finds a client that is ready. Errors that the client emits never end the process: while it
 * reconnects they tell of nothing that its commands do not fail with. A reconnect is no loss: the client does it by itself, by
 * its own strategy. The handle is lost when the client has given up, or was closed by others. Released, it sends what is queued and waits for
 * the answers, `closeTimeout` at most.
 *
 * **Cancellation.** Leaving while it connects closes it at once.
 *
 * **Errors.** What `factory` fails with; the client's own where it gives up; `AcquireTimeoutError` with the last of those as
 * its `cause`; `ResourceLostError` likewise. `TypeError` where `factory` answers no client. `RangeError` for a bad duration, at the call.
 *
 * @example
 * ```ts
 * import { Redis } from 'ioredis';
 * import { lastValue, using } from 'rxscope';
 * import { redisClient } from 'rxscope/redis';
 *
 * const client = redisClient(() => new Redis(process.env['REDIS_URL'] ?? ''));
 * await lastValue(using(client, (redis) => redis.ping())); // => 'PONG'
 * ```
 */
export function redisClient<C extends AnyRedisClient>(
  factory: () => C | PromiseLike<C>,
  options: RedisClientOptions = {},
): Resource<C> {
  const { connectTimeout = 10_000, closeTimeout = 1000, name = 'redisClient', scheduler } = options;
  checkLimit(connectTimeout, 'connectTimeout');
  checkLimit(closeTimeout, 'closeTimeout');
  checkFunction(factory, 'what makes the client');
  checkKeys(options, 'the options of redisClient()', ['connectTimeout', 'closeTimeout', 'name', 'scheduler']);
  return resource({
    name,
    async acquire({ signal }) {
      const client = await factory();
      const { connection } = portOf(client);
      const opened = new Opened(connection);
      await opened.ready(connectTimeout, name, signal, scheduler);
      return { client, opened };
    },
    release: ({ opened }) => opened.close(closeTimeout, scheduler),
    lost: ({ opened }) => opened.ended(),
  }).pipe(mapValue(({ client }) => client));
}

/** A client that somebody is responsible for. Its errors are listened to: Node ends the process over those nobody listens to. */
class Opened {
  /** What went wrong last. */
  private trouble: unknown;

  constructor(private readonly connection: RedisConnection) {
    connection.on('error', (error) => {
      this.trouble = error;
    });
  }

  async ready(limit: number, name: string, signal: AbortSignal, scheduler?: SchedulerLike): Promise<void> {
    const { connection } = this;
    const late = timerOf(limit, scheduler).pipe(
      map(() => {
        const message = `The client was not connected within ${limit} ms, its connectTimeout.`;
        const cause = this.trouble === undefined ? {} : { cause: this.trouble };
        throw new AcquireTimeoutError(message, { resource: name, ...cause });
      }),
    );
    try {
      await firstValue(
        merge(
          defer(() => connection.ready()),
          late,
        ),
        { signal },
      );
    } catch (error) {
      connection.destroy();
      throw error;
    }
  }

  async close(limit: number, scheduler?: SchedulerLike): Promise<void> {
    const closed = from(this.connection.close()).pipe(takeUntil(timerOf(limit, scheduler)));
    try {
      await lastValue(closed, { defaultValue: undefined });
    } catch {
      // not connected any more: whoever sent something has been told
    }
    this.connection.destroy();
  }

  ended(): Observable<unknown> {
    return new Observable((subscriber) =>
      this.connection.on('end', () => {
        subscriber.next(this.trouble ?? new Error('The client was closed by somebody else.'));
      }),
    );
  }
}

function timerOf(limit: number, scheduler: SchedulerLike | undefined): Observable<unknown> {
  return limit === Infinity ? NEVER : timer(limit, scheduler);
}

function checkLimit(value: number, what: string): void {
  if (typeof value === 'number' && ((value >= 0 && value <= LONGEST_DELAY) || value === Infinity)) return;
  throw new RangeError(`Expected ${what} to be a number of milliseconds, 0 or more, received ${String(value)}.`);
}
