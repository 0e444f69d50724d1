import { EMPTY, merge, throwError } from 'rxjs';

import type { Pool } from '../../concurrency/index.js';
import { andThen, lastValue, resource, using, type Exit, type Resource } from '../../core/index.js';
import type { ClientPort } from './client-port.js';
import { lentBy } from './clients-of.js';
import { savepoint } from './savepoint.js';
import { begun, checkIdle, hasBegun, takeSession } from './transaction-beginning.js';
import { Transaction } from './transaction-class.js';
import { endTransaction } from './transaction-ending.js';
import { tellHooks, transactionFrame, type TransactionFrame } from './transaction-frame.js';
import { transactionSettings, type TransactionOptions, type TransactionSettings } from './transaction-options.js';
import { openedHere, overdue } from './transaction-overdue.js';

/**
 * What a transaction is begun on: a resource of connections, a pool of them, one that is held already, or another transaction.
 */
export type TransactionSource<C extends ClientPort = ClientPort> = Resource<C> | Pool<C> | Transaction<C> | C;

/**
 * A transaction: committed where its scope completes, rolled back where it fails **or is left**.
 *
 * Use it around what has to happen as a whole. On a pool it borrows a connection of its own; on a client or a resource of one
 * it uses that; on a transaction it nests, by a savepoint. Where other transactions may get in the way and the whole is
 * to be tried again there is `inTransaction`; for imperative code, `leaseTransaction`.
 *
 *     body      ------a----b|            ----a--#            ----a--!
 *     session   B^--------------C^!      B^------R^#         B^------R^
 *
 *     (B BEGIN, C COMMIT, R ROLLBACK, ^ answered; the consumer is told of the end after the answer)
 *
 * **Guarantees.** Exactly one `COMMIT` or `ROLLBACK` for each `BEGIN` that worked. The consumer is told of the end when it has been
 * answered and the connection given back; a connection that is not certainly idle then is destroyed instead. Queries that
 * nobody has waited for are waited for before `COMMIT`. A failed statement that was caught does not commit half of the work:
 * the server rolls back then, and that is an error. Queries may be sent without waiting for each other, also with `pipeline: true` of
 * `pg`: where one fails, those behind it fail with 25P02.
 *
 * **Nesting.** `transaction(tx)` is a transaction in `tx`: undone alone where it fails, so that whoever catches its error can go
 * on with the outer one. One at a time in each place: a second one waits, or is refused, by `siblings`. While one is
 * open, the handle of the outer one sends nothing.
 *
 * **Cancellation.** Leaving rolls back, in the background; what waits for the release waits for that, and the connection is not
 * used again before. A query that still runs is cancelled, waited for, or cut off, by `abort`. Leaving while it begins waits for
 * `BEGIN` and rolls back. A `COMMIT` that was sent is not interrupted, and its outcome counts.
 *
 * **Loss.** When the connection dies, the body is left at once and the consumer gets a `ResourceLostError` (law 29). The server has
 * rolled back.
 *
 * **Errors.** The body's error as it is; a rollback that fails as well is attached by a `SuppressedError` (law 9), as a
 * `TransactionRollbackError`. What the server answers to `BEGIN` and `COMMIT`, a constraint that was deferred for example.
 * `TransactionAbortedError` where a statement had failed and the body completed. `TransactionOutcomeUnknownError` where the
 * connection died between `COMMIT` and its answer. `TransactionStateError` for uses that its state does not allow.
 * `AfterCommitError` from hooks. `TypeError` and `RangeError` for bad options, at the call.
 *
 * Follows SQLAlchemy's session, and Kysely in what becomes of a running query.
 *
 * @example
 * ```ts
 * import pg from 'pg';
 * import { catchError, EMPTY } from 'rxjs';
 * import { lastValue, use, using } from 'rxscope';
 * import { pgPool, transaction } from 'rxscope/postgres';
 *
 * const database = pgPool(() => new pg.Client({ connectionString: process.env['DATABASE_URL'] }), { max: 2 });
 * const work = using(database, (pool) =>
 *   transaction(pool, { isolation: 'serializable' }).pipe(
 *     use(async (tx) => {
 *       await tx.query('CREATE TEMPORARY TABLE account (name text PRIMARY KEY) ON COMMIT DROP');
 *       const add = (name: string) => transaction(tx).pipe(use((inner) => inner.query('INSERT INTO account VALUES ($1)', [name])));
 *       for (const name of ['Ada', 'Ada', 'Bob']) await lastValue(add(name).pipe(catchError(() => EMPTY)), { defaultValue: null });
 *       const { rows } = await tx.query<{ n: number }>('SELECT count(*)::int AS n FROM account');
 *       return rows[0]?.n;
 *     }),
 *   ),
 * );
 * await lastValue(work); // => 2
 * ```
 */
export function transaction<C extends ClientPort>(
  source: TransactionSource<C>,
  options: TransactionOptions = {},
): Resource<Transaction<C>> {
  if (source instanceof Transaction) return savepoint(source, options);
  const settings = transactionSettings(options);
  const clients = lentBy<C>(source, 'Expected', 'a connection, a resource or pool of connections, or a transaction');
  if (clients === null) return around(source as C, settings, null);
  // Around the connection: what is to be done afterwards may need one too.
  return transactionFrame(settings).pipe(
    andThen((frame) => clients.pipe(andThen((client: C) => around(client, settings, frame)))),
  );
}

/** From `BEGIN` to the answer to `COMMIT` or `ROLLBACK`; to that of the hooks, where no frame is left to do what they say. */
function around<C extends ClientPort>(
  client: C,
  settings: TransactionSettings,
  frame: TransactionFrame | null,
): Resource<Transaction<C>> {
  const taken = resource<Transaction<C>>({
    name: settings.name,
    acquire() {
      const tx = takeSession(client, settings);
      tx.opened = frame === null ? openedHere(settings) : frame.opened;
      if (frame !== null) frame.tx = tx;
      return tx;
    },
    release: frame === null ? endedAndTold : ended,
    lost: ({ session, opened }) => (opened === null ? session.lost : merge(session.lost, overdue(opened, settings))),
  });
  return taken.pipe(andThen((tx) => begun(tx, settings.begin)));
}

/** Ends it and gives its connection back. */
async function ended(tx: Transaction, exit: Exit): Promise<void> {
  try {
    if (tx.beginning === true || (await hasBegun(tx))) await endTransaction(tx, exit);
    else await checkIdle(tx);
  } finally {
    tx.session.isTaken = false;
  }
}

/** The same, and what the hooks say: one scope less for most, who have none. What fails becomes one error as it would in two. */
async function endedAndTold(tx: Transaction, exit: Exit): Promise<void> {
  let failure: { readonly error: unknown } | null = null;
  try {
    await ended(tx, exit);
  } catch (error) {
    failure = { error };
  }
  if (tx.hooks === null) {
    if (failure !== null) throw failure.error;
    return;
  }
  const told = resource({ acquire: () => tx, release: tellHooks });
  const over = resource({
    acquire: () => null,
    release() {
      if (failure !== null) throw failure.error;
    },
  });
  const body = exit.kind === 'error' ? throwError(() => exit.error) : EMPTY;
  await lastValue(
    using(told, () => using(over, () => body)),
    { defaultValue: null },
  );
}
