import { LeaderElection } from './leader-election-class.js';
import { electionPlan, type LeaderElectionOptions } from './leader-election-options.js';

/**
 * One of several candidates leads: does work that must not be done twice at the same time, until it is lost, and then another one does.
 *
 * Use it for a scheduler, a consumer of a feed, a migration runner, of which several processes run so that one is always there. For a
 * single piece of work that must not overlap a lock is enough. `campaign` is what is held to lead: `redisLock`, or
 * `advisoryLock` of `rxscope/postgres` with `fencing: true`, or anything with a number that counts holders. Timing is what that lock
 * has; what can be relied on is what it guarantees.
 *
 *     campaign   ..........^-------------------!--|      (. waits, ^ leads, ! released)
 *     work                 --1--2--3--!cleanup|           (! told to stop)
 *     self       F         T                  F
 *
 * **Guarantees.** The work is stopped, and waited for, before the lease can be lost: `renewDeadline` after it was last renewed. It is given
 * back only when the work has stopped, with all of its releases, and is renewed while it stops; work that is a promise is told by
 * `leadership.signal` and waited for. The number of the term is the fencing number of the lock: no two leaders
 * have the same, later ones have higher ones. `state.self` becomes true once for each term and false once after it; right at once where
 * the lease is gone.
 *
 * **Loss.** Where the lease is gone all the same, because this process was stopped, or the event loop blocked, or the work does not end,
 * the work is left, and `leadership.lost` aborts, for cleanup to break off: to go on then would be split brain. Then it campaigns again.
 *
 * **Not guaranteed.** That nobody believes to lead who does not: a process that is stopped between a check and a write writes when it
 * goes on. Send `leadership.term` along, to a store that refuses lower ones (`fenced` of `rxscope/postgres`). That the one who has waited
 * longest leads next. With one Redis: anything across its failover.
 *
 * **Cancellation.** Leaving `lead()` stops the work, waits for it, and gives the lease back, in the background (law 12).
 *
 * **Errors.** `TypeError` and `RangeError` at the call, for timing that leaves no margin too. See {@link LeaderElection.lead}. Follows
 * client-go's leader election, which cancels its work and gives the lease back without waiting for it.
 *
 * @example
 * ```ts
 * import { Redis } from 'ioredis';
 * import { andThen, lastValue } from 'rxscope';
 * import { leaderElection, redisClient, redisLock } from 'rxscope/redis';
 *
 * const client = redisClient(() => new Redis(process.env['REDIS_URL'] ?? ''));
 * const campaign = client.pipe(andThen((redis) => redisLock(redis, 'documented leader', { ttl: 15_000 })));
 * const election = leaderElection({ campaign, self: 'worker 1', lease: 15_000 });
 * const work = election.lead(async ({ term }) => {
 *   const { leader, self } = election.state;
 *   return [leader, self, term > 0];
 * });
 * await lastValue(work); // => ['worker 1', true, true]
 * election.state; // => { leader: null, term: null, self: false, phase: 'idle' }
 * ```
 */
export function leaderElection(options: LeaderElectionOptions): LeaderElection {
  return new LeaderElection(electionPlan(options));
}
