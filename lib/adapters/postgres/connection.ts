import { asyncScheduler, type SchedulerLike } from 'rxjs';

import { acquireTimeout, named, resource, type AcquireContext, type Resource } from '../../core/index.js';
import { checkDuration, checkFunction, checkKeys, kindOf } from '../../internal/check.js';
import { onAbort } from '../../internal/on-abort.js';
import { cancelUntilQuiet } from './cancel-until-quiet.js';
import type { ClientPort } from './client-port.js';
import { Session } from './session.js';
import { LATE, within } from './within.js';

/** How {@link connection} connects. Times are milliseconds. */
export interface ConnectionOptions {
  /** Shown in errors and by `openResources()`. Default `'connection'`. */
  readonly name?: string;
  /** How long connecting may take, authentication included, before it fails with an `AcquireTimeoutError`. Default 10 seconds. */
  readonly connectTimeout?: number;
  /** How long saying goodbye may take, before the socket is destroyed without it. Default 1 second. */
  readonly endTimeout?: number;
  /** For these timers. Default: RxJS's `asyncScheduler`. */
  readonly scheduler?: SchedulerLike;
}

export const CONNECTION_KEYS: readonly (keyof ConnectionOptions)[] = [
  'name',
  'connectTimeout',
  'endTimeout',
  'scheduler',
];

/**
 * A connection to PostgreSQL, made when it is entered and ended on every path.
 *
 * `make` makes a client that is not connected yet: `() => new pg.Client(config)`. It is called once for each scope, so that a
 * password that changes can be read there. Many users of a few connections are what `pgPool` is for.
 *
 * **Guarantees.** The client is connected when the body gets it, and ended when completion or an error goes on (laws 1 to 3).
 * Nothing stays open where connecting fails. `error` events of the client are heard as long as it lives, so that a session that
 * is ended by the server does not end the process.
 *
 * **Cancellation.** Leaving while it connects destroys the socket at once; nobody is told of the connecting that fails by it.
 * Leaving later ends the connection in the background; a query that still
 * runs is cancelled first, and one that does not end within `endTimeout` is cut off with its connection.
 *
 * **Pipelining.** Everything here works with a client made with `pipeline: true`, which sends queries without waiting for answers
 * and refuses query objects such as those of `pg-cursor`, and `rows` in a query: read with {@link rows}. When such a
 * connection is cut, the server may still carry out what was sent outside of a transaction.
 *
 * **Loss.** When the server ends the session, or the network the connection, the body is left and the consumer gets a
 * `ResourceLostError` (law 29) with what happened as its `cause`. A server that just falls silent is not noticed: that takes
 * a timeout of the queries, or `keepAlive` in the configuration of the client.
 *
 * **Errors.** What connecting fails with; `AcquireTimeoutError` after `connectTimeout`; `TypeError` and `RangeError` for bad
 * options, at the call. Goodbyes do not fail: one that hangs is cut short after `endTimeout`. Follows asyncpg's `connect` and `close`.
 *
 * @example
 * ```ts
 * import pg from 'pg';
 * import { lastValue, use } from 'rxscope';
 * import { connection } from 'rxscope/postgres';
 *
 * const database = connection(() => new pg.Client({ connectionString: process.env['DATABASE_URL'] }));
 * const sum = database.pipe(
 *   use(async (client) => {
 *     const { rows } = await client.query<{ sum: number }>('SELECT 1 + 1 AS sum');
 *     return rows[0]?.sum;
 *   }),
 * );
 * await lastValue(sum); // => 2
 * ```
 */
export function connection<C extends ClientPort>(make: () => C, options: ConnectionOptions = {}): Resource<C> {
  checkFunction(make, 'make');
  checkKeys(options, 'the options of connection()', CONNECTION_KEYS);
  const { name = 'connection', connectTimeout = 10_000, endTimeout = 1_000, scheduler = asyncScheduler } = options;
  checkDuration(connectTimeout, 'connectTimeout');
  checkDuration(endTimeout, 'endTimeout');
  const made = resource<C>({
    name,
    acquire: (context) => connect(make(), context),
    release: (client) => end(client, endTimeout, scheduler),
    lost: (client) => Session.of(client).lost,
  });
  return connectTimeout === Infinity ? made : made.pipe(acquireTimeout(connectTimeout, scheduler), named(name));
}

async function connect<C extends ClientPort>(client: C, { signal }: AcquireContext): Promise<C> {
  if (typeof (client as Partial<C> | null | undefined)?.connect !== 'function') {
    throw new TypeError(`Expected make() to answer a client like pg.Client, received ${kindOf(client)}.`);
  }
  const session = Session.of(client);
  const forget = onAbort(signal, () => {
    session.destroy(signal.reason);
  });
  try {
    await client.connect();
    return client;
  } catch (error) {
    session.destroy(error); // a password that was refused leaves a socket behind
    throw signal.aborted ? signal.reason : error;
  } finally {
    forget();
  }
}

async function end(client: ClientPort, limit: number, scheduler: SchedulerLike): Promise<void> {
  const session = Session.of(client);
  const cut = (): void => {
    session.destroy(new Error('The connection was released.'));
  };
  // The server would go on with a query to its end, whoever has left.
  if (session.isBusy && (await within(cancelUntilQuiet(session, scheduler), limit, scheduler)) === LATE) {
    cut();
    return;
  }
  const ended = client.end().then(
    () => null,
    () => LATE,
  );
  if ((await within(ended, limit, scheduler)) === LATE) cut();
}
