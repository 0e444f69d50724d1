import { asyncScheduler, defer, from, isObservable, mergeMap, of, type ObservableInput } from 'rxjs';

import { pool, type Pool, type PoolOptions } from '../../concurrency/index.js';
import type { Awaitable, Exit, Resource } from '../../core/index.js';
import { checkChoice, checkDuration } from '../../internal/check.js';
import type { ClientPort } from './client-port.js';
import { connection, type ConnectionOptions } from './connection.js';
import { isObject } from './is-object.js';
import { refuseDoubtful } from './refuse-doubtful.js';
import { Session } from './session.js';

/** How {@link pgPool} is made: as any pool, and how it connects. Times are milliseconds. */
export interface PgPoolOptions<C extends ClientPort = ClientPort>
  extends Omit<PoolOptions<C>, 'reset' | 'concurrency'>, Omit<ConnectionOptions, 'name' | 'scheduler'> {
  /**
   * What is done with a connection that comes back, before it is lent again.
   *
   * - `'session'` (default): what the last user has left behind is undone, in one round trip: settings, role, temporary tables,
   *   cursors, `LISTEN`, advisory locks, `currval`. Prepared statements stay: clients keep track of those by themselves. It is
   *   a round trip of its own for each loan, which `pg.Pool` does not make: much beside a transaction of a statement or two.
   * - `'none'`: nothing, and no round trip, for users who leave nothing behind.
   * - A function does it, after the pool has made sure that the connection is idle; where it fails the connection is destroyed.
   */
  readonly reset?: 'session' | 'none' | ((client: C, exit: Exit) => Awaitable<unknown>);
  /** How long a query that still runs when a connection comes back may go on, before it is destroyed. Default 100. */
  readonly settleTimeout?: number;
}

/** `DISCARD ALL` without `DEALLOCATE ALL`: clients know which statements they have prepared, and would use them again. */
const RESET_SESSION =
  'CLOSE ALL; SET SESSION AUTHORIZATION DEFAULT; RESET ALL; UNLISTEN *; SELECT pg_advisory_unlock_all(); DISCARD TEMP; DISCARD SEQUENCES';

/**
 * A pool of PostgreSQL connections: our `pool`, of `connection`s, that lends only what is certainly idle.
 *
 * Where a `pg.Pool` is there already, `fromPgPool` lends its connections as resources.
 *
 * **Guarantees.** Those of `pool`, among them: never more than `max` connections, those being opened and closed included; who
 * waits is served in order; leaving while waiting gives up the place. A connection that comes back in a transaction, with a
 * query that runs for longer than `settleTimeout`, or ended, is destroyed; so is one that does not answer `reset` within
 * `validateTimeout`. One that was not used for `validateAfter`, or whose scope did not complete, is asked for a sign of life
 * before it is lent. One that the server ends while it is unused is replaced; while it is lent, its borrower gets the
 * `ResourceLostError`.
 *
 * **Cancellation, closing.** As of `pool`. **Errors.** As of `pool` and `connection`. Why a connection was destroyed is told on
 * `events$`: `DoubtfulConnectionError` where it was not idle. Follows HikariCP, and slonik in resetting by default.
 *
 * @example
 * ```ts
 * import pg from 'pg';
 * import { forkJoin, map } from 'rxjs';
 * import { lastValue, use, using } from 'rxscope';
 * import { pgPool } from 'rxscope/postgres';
 *
 * const database = pgPool(() => new pg.Client({ connectionString: process.env['DATABASE_URL'] }), { max: 2 });
 * const work = using(database, (connections) => {
 *   const square = (n: number) =>
 *     connections.lease.pipe(
 *       use((client) => client.query<{ n: number }>('SELECT $1::int * $1::int AS n', [n])),
 *       map(({ rows }) => rows[0]?.n),
 *     );
 *   return forkJoin([1, 2, 3, 4].map(square));
 * });
 * await lastValue(work); // => [1, 4, 9, 16]
 * ```
 */
export function pgPool<C extends ClientPort>(make: () => C, options: PgPoolOptions<C> = {}): Resource<Pool<C>> {
  const { reset = 'session', settleTimeout = 100, connectTimeout, endTimeout, ...rest } = options;
  const { scheduler = asyncScheduler } = options;
  checkDuration(settleTimeout, 'settleTimeout');
  const connections = connection(make, {
    ...(connectTimeout === undefined ? {} : { connectTimeout }),
    ...(endTimeout === undefined ? {} : { endTimeout }),
    scheduler,
  });
  const undo = resetOf(reset);
  return pool(connections, {
    validate: (client) => client.query('SELECT 1'),
    ...rest,
    reset: (client, exit) => {
      const session = Session.of(client);
      if (!session.isBusy) {
        refuseDoubtful(session);
        return undo(client, exit);
      }
      return defer(() => session.quiet(settleTimeout, scheduler)).pipe(
        mergeMap(() => {
          refuseDoubtful(session);
          return observed(undo(client, exit));
        }),
      );
    },
  });
}

function resetOf<C extends ClientPort>(
  reset: NonNullable<PgPoolOptions<C>['reset']>,
): (client: C, exit: Exit) => Awaitable<unknown> {
  if (typeof reset === 'function') return reset;
  checkChoice(reset, 'reset', ['session', 'none']);
  return reset === 'none' ? () => undefined : (client) => client.query(RESET_SESSION);
}

function observed(answer: Awaitable<unknown>): ObservableInput<unknown> {
  if (isObservable(answer)) return answer;
  return isObject(answer) && 'then' in answer ? from(answer as PromiseLike<unknown>) : of(answer);
}
