import {
  AcquireTimeoutError,
  acquireTimeout,
  andThen,
  CapacityError,
  named,
  orElse,
  resource,
  type Resource,
} from '../../core/index.js';
import { monotonicNow } from '../../internal/clock.js';
import type { AnyRedisClient } from './client-port.js';
import { HeldLock } from './held-lock.js';
import { acquireLock } from './lock-acquiring.js';
import type { RedisLock } from './lock-handle.js';
import { lockNames } from './lock-names.js';
import { LockNode } from './lock-node.js';
import { lockPlan, type LockPlan, type RedisLockOptions } from './lock-options.js';
import { heldHere } from './not-acquired.js';
import { portOf, type RedisPort } from './redis-port.js';

/**
 * A lock that processes on many machines take turns with, kept in Redis and renewed for as long as its scope is open. When it can no
 * longer be relied on, the body is unsubscribed and the scope ends with a `ResourceLostError`, whether or not a server answers.
 *
 * ```text
 * ttl 10 s     0s      3.3s     6.7s     10s      13.3s
 * server       set-----pexpire--|        |           (stops at 5 s)
 * deadline     9.9s    13.2s    |        |        |
 * body         ^-----------------------------------! ResourceLostError
 * ```
 *
 * Use it where two at a time would cost something, such as a report sent twice. Within one process `mutex` is enough. Where two at
 * a time would be *wrong*, have the store that is written to refuse a `fencing` number lower than the highest it has seen:
 * no lock with a time limit can do that for it.
 *
 * **Guarantees.** One holder at a time whose deadline has not passed, on one server that keeps its memory. The deadline is `ttl`, less 1 % and 2 ms, from before
 * the request that set or renewed it, by a clock that nobody can set. `fencing` rises with each holder, also after the key has expired or was
 * deleted. Each acquisition has a token of its own, and only what has that token is renewed or deleted: a late renewal brings nothing back, a late release
 * deletes nothing that is somebody else's. Free, it takes one round trip to acquire and one to release. Scopes of one
 * process that use one client are served in order of arrival; among processes there is no order.
 *
 * **Several servers.** Given several clients of servers that know nothing of each other, more than half have to grant it, within `ttl`, and to renew it
 * (Redlock): it outlives the loss of a minority. Before the next attempt all are told to let go, also those that did not answer.
 *
 * **What is not guaranteed.** A replica that takes over may not have heard of a lock; nor does a server that starts again without having
 * written it to disk (`appendfsync always`), for which several servers are no remedy unless it stays away for a `ttl`. Then two
 * may hold it until the first one's renewal fails, and the fencing number may repeat. A clock of a server that runs more than 1 % faster than ours shortens the
 * lock unnoticed.
 *
 * **Waiting.** Woken by a message when it is released, on a second connection that is opened while somebody waits; at the latest when the
 * holder's time is over, and now and then, in case a message was lost. Without an `acquireTimeout` for as long as it takes.
 *
 * **Cancellation.** Leaving while it is asked for: what was granted meanwhile is given back, also when the answer was lost. Leaving later releases it, in
 * the background. The release never fails, and waits for `nodeTimeout` at most: what cannot be deleted expires. After a loss it is sent, and not
 * waited for: what is left of the lock may be there for a moment longer than the scope.
 *
 * **Errors.** {@link LockNotAcquiredError} after `acquireTimeout`, and at once where so many nodes fail that the others are not enough: it says by whom
 * it is held, and what each node said. `ResourceLostError`, its cause a {@link LockLostError}, when it is lost. `DeadlockError` inside a scope
 * that holds it, through the same client. `TypeError` and `RangeError` for bad options, at the call.
 *
 * Follows Redis's description of distributed locks, with a local deadline as in madelson/DistributedLock and a fencing number as in Redisson's
 * `RFencedLock`.
 *
 * @example
 * ```ts
 * import { Redis } from 'ioredis';
 * import { andThen, lastValue, use } from 'rxscope';
 * import { redisClient, redisLock } from 'rxscope/redis';
 *
 * const lock = redisClient(() => new Redis(process.env['REDIS_URL'] ?? '')).pipe(
 *   andThen((redis) => redisLock(redis, 'invoices', { ttl: 5000 })),
 * );
 * const run = lock.pipe(
 *   use(async (held) => {
 *     held.check(); // right before what must not be done twice
 *     return held.isHeld && held.fencing > 0;
 *   }),
 * );
 * await lastValue(run); // => true
 * ```
 */
export function redisLock(
  clients: AnyRedisClient | readonly AnyRedisClient[],
  key: string,
  options: RedisLockOptions = {},
): Resource<RedisLock> {
  const plan = lockPlan(key, options);
  const names = lockNames(options.prefix ?? 'lock:', key);
  const ports = portsOf(clients);
  const [{ turns }] = ports;
  const held = (due: number): Resource<HeldLock> =>
    resource({
      name: plan.name,
      async acquire(context) {
        const nodes = ports.map((port) => new LockNode(port, names, plan.ttl));
        return new HeldLock(nodes, plan, await acquireLock(nodes, names, plan, due, context));
      },
      release: (lock) => lock.release(),
      lost: (lock) => lock.lost(),
    });
  const { acquireTimeout: patience, scheduler, name } = plan;
  if (patience === Infinity)
    return turns.lock(names.lock).pipe(
      andThen(() => held(Infinity)),
      named(name),
    );
  if (patience === 0) {
    return turns.tryLock(names.lock).pipe(
      explained(plan),
      andThen(() => held(-Infinity)),
      named(name),
    );
  }
  const due = resource({ acquire: () => monotonicNow(scheduler) + patience });
  const turn = turns.lock(names.lock).pipe(acquireTimeout(patience, scheduler), explained(plan));
  return due.pipe(
    andThen((at) => turn.pipe(andThen(() => held(at)))),
    named(name),
  );
}

/** Those of the clients, each once. */
function portsOf(clients: AnyRedisClient | readonly AnyRedisClient[]): readonly [RedisPort, ...RedisPort[]] {
  const given: readonly AnyRedisClient[] = Array.isArray(clients) ? clients : [clients];
  const [first, ...others] = given;
  if (first === undefined && given.length === 0) {
    throw new RangeError('Expected a client, or several, received an empty array.');
  }
  const ports = [portOf(first as AnyRedisClient), ...others.map(portOf)] as const;
  if (new Set(ports).size < ports.length) {
    throw new RangeError('Expected clients of different servers, received one twice: its server would have two votes.');
  }
  return ports;
}

/** Says what it means that a turn did not come. */
function explained(plan: LockPlan): (turn: Resource<void>) => Resource<void> {
  return orElse<void>((error) => {
    throw error instanceof AcquireTimeoutError || error instanceof CapacityError ? heldHere(plan) : error;
  });
}
