import { randomUUID } from 'node:crypto';

import { named, resource, type Resource } from '../../core/index.js';
import type { AnyRedisClient } from './client-port.js';
import { HeldLock } from './held-lock.js';
import type { RedisLock } from './lock-handle.js';
import { hashTagged } from './lock-names.js';
import { portOf } from './redis-port.js';
import { PermitRequest } from './redis-semaphore-acquiring.js';
import { PermitNode, type SemaphoreNames } from './redis-semaphore-node.js';
import { semaphorePlan, type RedisSemaphoreOptions } from './redis-semaphore-options.js';
import { inTurn } from './redis-semaphore-turns.js';
import { Wakeups } from './wakeups.js';

/**
 * A permit that is held: the handle of {@link redisSemaphore}. What a lock has, a permit has too: `key` is the name of the semaphore,
 * `token` that of this permit, `deadline`, `isHeld`, `signal` and `check()` are about this permit. `fencing` is higher than that of
 * every permit before, which says who came later, not who is alone.
 */
export type RedisPermit = RedisLock;

/**
 * So many permits for all processes that use the same Redis: at most `permits` scopes are in at a time, on however many machines.
 *
 * Use it to share a limit: of an API, of a licence, of a database. Within one process there is `semaphore`; for one at a time,
 * and with several servers, {@link redisLock}. All who use a semaphore have to name the same number of permits.
 *
 * **Guarantees.** No more than `permits` are out that have not expired, by the clock of the server alone (`TIME` in the script): clocks of
 * clients do not take part. Each permit is a lease of its own. It is renewed every third of `ttl`, and held until a deadline that is
 * counted here, on a clock that nobody can set, from before it was asked for: that passes before the permit expires over there, also while
 * the server is silent. A holder that dies keeps its permit for `ttl` at most; those that wait come back at the moment it expires, or, where
 * their own `ttl` is longer than its was, `pollInterval` later at most.
 *
 * **Fairness.** In the order in which they have first asked the server, over all processes: nobody gets a permit while somebody ahead
 * has none to come. What comes first to the server is first, not what was entered first. One who has not been heard of for three times
 * `pollInterval` has lost its place. With `acquireTimeout: 0` it is asked once, and does not get ahead of those that wait. Scopes that use
 * one client are served in order of arrival; no more than `permits` of them hold one or ask for one at a time, and the others ask when one of
 * those has ended, also where its permit was lost and its body takes its time to end. So no process can fill the line.
 *
 * **Waiting.** Who stands in line in its own process costs the server nothing. On the server those at the head of the line are called by
 * name, as many as there are permits free; nobody else asks then. That comes by a message, on a second connection that is opened while
 * somebody waits there; now and then they ask by themselves, in case it was lost.
 *
 * **Cancellation.** Leaving the line gives up the place; a permit that was granted meanwhile goes back. Giving back never fails and
 * never hides the result: of a permit that has expired it is quietly nothing, and `state` is `lost`. It waits for `nodeTimeout` at most, and
 * after a loss it is sent and not waited for.
 *
 * **Errors.** {@link PermitNotAcquiredError} where it waited in vain or the server cannot be asked; a `ResourceLostError`, whose cause is
 * a {@link LockLostError}, where the permit is lost while it is held: the body has been unsubscribed by then. `DeadlockError` inside scopes
 * that hold all of the permits, through the same client. `TypeError` and `RangeError` for bad options, at the call.
 *
 * **Not guaranteed.** With one server there is one truth, and it can be lost: a restart without persistence, or a failover to a replica
 * that has not heard of everything, forgets permits that are held, and their holders find out with the next renewal. If the clock of the
 * server is set forward, permits expire early; if it is set back, late. Several servers do not help: with three of them, two permits and a
 * majority each, A on the first and second, B on the second and third and C on the third and first are three who are all in. So
 * more than one client is refused.
 *
 * Follows the expirable semaphores of Redisson; the line is our own.
 *
 * @example
 * ```ts
 * import { Redis } from 'ioredis';
 * import { from, lastValueFrom, mergeMap, toArray } from 'rxjs';
 * import { lastValue, using } from 'rxscope';
 * import { redisClient, redisSemaphore } from 'rxscope/redis';
 *
 * let most = 0;
 * const client = redisClient(() => new Redis(process.env['REDIS_URL'] ?? ''));
 * const work = using(client, (redis) => {
 *   const permit = redisSemaphore(redis, 'reports', 2);
 *   let inside = 0;
 *   const report = async (name: string) => {
 *     most = Math.max(most, ++inside);
 *     await redis.ping();
 *     inside--;
 *     return name;
 *   };
 *   return from(['a', 'b', 'c', 'd']).pipe(mergeMap((name) => using(permit, () => report(name))), toArray());
 * });
 * (await lastValue(work)).length; // => 4
 * most <= 2; // => true
 * ```
 */
export function redisSemaphore(
  client: AnyRedisClient,
  key: string,
  permits: number,
  options: RedisSemaphoreOptions = {},
): Resource<RedisPermit> {
  if (Array.isArray(client)) {
    throw new TypeError(
      'Expected one client, received an array: permits that several servers vote on can be held by more than there are of them. Use one server, or redisLock.',
    );
  }
  const plan = semaphorePlan(key, permits, options);
  const names = semaphoreNames(options.prefix ?? 'semaphore:', key);
  const port = portOf(client);
  const { permits: turns } = port;
  const held = (due: number): Resource<HeldLock> =>
    resource({
      name: plan.name,
      async acquire(context) {
        const who = randomUUID();
        const token = `${who} ${plan.owner}`;
        const node = new PermitNode(port, names, token, plan.ttl, permits);
        const request = new PermitRequest(node, plan, token, due, context);
        const grant = await request.run(new Wakeups([port], names.channel, plan.scheduler, who));
        turns.taken(names.lock);
        return new HeldLock([node], plan, grant);
      },
      async release(permit) {
        await permit.release();
        turns.given(names.lock);
      },
      lost: (permit) => permit.lost(),
    });
  return inTurn(turns, names.lock, plan, held).pipe(named(plan.name));
}

function semaphoreNames(prefix: string, key: string): SemaphoreNames {
  const lock = hashTagged(prefix, key);
  const channel = `${lock}:free`;
  return { lock, fence: `${lock}:fence`, line: `${lock}:line`, presence: `${lock}:presence`, channel };
}
