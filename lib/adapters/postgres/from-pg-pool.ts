import { asyncScheduler, Observable, type SchedulerLike } from 'rxjs';

import { resource, type Resource } from '../../core/index.js';
import { checkDuration, checkKeys, kindOf } from '../../internal/check.js';
import type { PgPoolPort, PooledClientPort } from './client-port.js';
import { Session } from './session.js';

/** What a pool lends. Its `connect` has a second form, with a callback, that hides the first from inference. */
export type LentBy<P extends PgPoolPort> = P['connect'] extends {
  (): Promise<infer C extends PooledClientPort>;
  (callback: never): unknown;
}
  ? C
  : PooledClientPort;

/** How {@link fromPgPool} lends. Times are milliseconds. */
export interface FromPgPoolOptions {
  /** Shown in errors and by `openResources()`. Default `'pooled connection'`. */
  readonly name?: string;
  /** How long a query that still runs when a connection is given back may go on, before it is closed instead. Default 100. */
  readonly settleTimeout?: number;
  /** For that timer. Default: RxJS's `asyncScheduler`. */
  readonly scheduler?: SchedulerLike;
}

/**
 * A connection of a `pg.Pool` that is there already, borrowed as long as the scope is open.
 *
 * Use it in an application that has such a pool; `pgPool` is ours. The pool stays the user's: nothing here ends it.
 *
 * **Guarantees.** Given back exactly once (law 1); closed instead (`release(true)`) where it is in a transaction, has a query
 * that still runs, or has ended. `error` events of the pool and its clients are heard, so that a session that the server ends
 * does not end the process. **Cancellation.** Leaving while waiting ends the wait at once: the connection that the pool
 * still comes up with is given back as it comes. **Loss.** When the connection dies, the body is left with a
 * `ResourceLostError` (law 29). **Errors.** What `pool.connect()` fails with; `TypeError` for what is no pool, at the call.
 *
 * @example
 * ```ts
 * import pg from 'pg';
 * import { lastValue, use } from 'rxscope';
 * import { fromPgPool, transaction } from 'rxscope/postgres';
 *
 * const pool = new pg.Pool({ connectionString: process.env['DATABASE_URL'] });
 * const work = transaction(fromPgPool(pool)).pipe(use((tx) => tx.query<{ n: number }>('SELECT 6 * 7 AS n')));
 * const { rows } = await lastValue(work);
 * await pool.end();
 * rows[0]?.n; // => 42
 * ```
 */
export function fromPgPool<P extends PgPoolPort>(pool: P, options: FromPgPoolOptions = {}): Resource<LentBy<P>> {
  if (typeof (pool as Partial<PgPoolPort> | null | undefined)?.connect !== 'function') {
    throw new TypeError(`Expected a pool like pg.Pool, received ${kindOf(pool)}.`);
  }
  checkKeys(options, 'the options of fromPgPool()', ['name', 'settleTimeout', 'scheduler']);
  const { name = 'pooled connection', settleTimeout = 100, scheduler = asyncScheduler } = options;
  checkDuration(settleTimeout, 'settleTimeout');
  return resource<LentBy<P>>({
    name,
    interruptible: true, // a scope that is left must not wait for a pool that may be waiting for the scope around it
    acquire: () => borrowed(pool) as Observable<LentBy<P>>,
    release: (client) => {
      const session = Session.of(client);
      const giveBack = (): void => {
        // Asked to end, a client that pipelines would wait for the answers to all that it has sent.
        if (session.isBusy) session.destroy(new Error('The connection was given back with a query that still runs.'));
        client.release(session.doubt !== null);
      };
      if (session.isBusy) return session.quiet(settleTimeout, scheduler).then(giveBack);
      giveBack();
      return undefined;
    },
    lost: (client) => Session.of(client).lost,
  });
}

const heard = new WeakSet<PgPoolPort>();

function borrowed(pool: PgPoolPort): Observable<PooledClientPort> {
  return new Observable((subscriber) => {
    if (!heard.has(pool)) {
      heard.add(pool);
      pool.on('error', () => undefined); // a connection that died unused; the pool has let go of it
    }
    pool.connect().then(
      (client) => {
        if (subscriber.closed) {
          client.release();
          return;
        }
        Session.of(client);
        subscriber.next(client);
        subscriber.complete();
      },
      (error: unknown) => {
        subscriber.error(error); // nobody is told after leaving: nothing came of it
      },
    );
  });
}
