import { andThen, type AcquireContext } from '../../core/index.js';
import { paginate, type AskableObservable } from '../../interop/index.js';
import { checkCount, checkKeys, kindOf } from '../../internal/check.js';
import type { QueryPort } from './client-port.js';
import { clientsOf, type ClientSource } from './clients-of.js';
import { batches } from './rows-batches.js';
import { cursor } from './rows-cursor.js';

/** How {@link rows} reads. */
export interface RowsOptions {
  /** How many rows are fetched at a time, and at most held here. Default 100. */
  readonly batchSize?: number;
  /** How many batches are fetched beyond the one that is being taken. Default 0: the next one when all rows before it are taken. */
  readonly prefetch?: number;
}

/**
 * The rows of a query, fetched as they are taken: with a cursor of the server, so that neither side holds more than a batch of
 * a result of any size.
 *
 *     asked for   ab--c--|         (batchSize 2)
 *     session     B D F--F--F C    (B BEGIN, D DECLARE, F FETCH, C COMMIT)
 *     rows        ab--c--|
 *
 * Use it for exports, and for work on each of many rows; for a page of a list, one query is quicker. `source` is a transaction, a client,
 * a resource of them, or a pool. In a transaction that is open there it reads in that; otherwise it begins one of its own, for as
 * long as it reads, on a client that nobody else may use meanwhile.
 *
 * **Guarantees** (laws 32 to 34). Nothing is sent before it is subscribed or looped over, and no batch is fetched before it is
 * wanted: by `pull`, `for await` and `toAsyncIterable` when they ask, by a subscriber when its handler has returned. All rows are
 * of one snapshot, in the order of the query. Types are parsed as the client parses them. Each subscription runs the query again.
 *
 * **Cancellation.** Leaving closes the cursor and rolls back a transaction of its own, in the background, before the connection is given
 * back. A `FETCH` that runs is cancelled on the server, or, in somebody else's transaction, waited for: cancelling would
 * undo that.
 *
 * **Errors.** The server's, as they are, also in the middle; a transaction around it has then failed. `ResourceLostError` where the
 * connection of a resource dies between two batches. `TypeError` and `RangeError`, at the call. Follows `DECLARE` and `FETCH` of SQL, and
 * asyncpg's cursors; only queries that can be declared so, `SELECT` and `VALUES`, are taken.
 *
 * @example
 * ```ts
 * import pg from 'pg';
 * import { map, toArray } from 'rxjs';
 * import { lastValue, pull } from 'rxscope';
 * import { connection, rows } from 'rxscope/postgres';
 *
 * const session = connection(() => new pg.Client(process.env['DATABASE_URL']));
 * const numbers = rows<{ n: number }>(session, 'SELECT n FROM generate_series(1, $1::int) n', [1_000_000]);
 * const squares: number[] = [];
 * for await (const { n } of numbers) if (squares.push(n * n) === 3) break; // the rest is never fetched
 * squares; // => [1, 4, 9]
 *
 * const few = rows<{ n: number }>(session, 'VALUES (1), (2)', [], { batchSize: 1 });
 * await lastValue(pull(few, async (row) => Object.values(row)).pipe(toArray())); // => [[1], [2]]
 * ```
 */
export function rows<R extends object = Record<string, unknown>>(
  source: ClientSource<QueryPort>,
  text: string,
  values?: readonly unknown[],
  options: RowsOptions = {},
): AskableObservable<R> {
  checkKeys(options, 'the options of rows()', ['batchSize', 'prefetch']);
  const { batchSize = 100, prefetch = 0 } = options;
  checkCount(batchSize, 'batchSize', 1);
  if (batchSize === Infinity) throw new RangeError('Expected batchSize to be a whole number, received Infinity.');
  if (typeof text !== 'string') throw new TypeError(`Expected the query to be a string, received ${kindOf(text)}.`);
  const clients = clientsOf(source, 'rows()');
  const open = clients.pipe(andThen((client) => cursor<R>(client, { text, values })));
  return paginate((context: AcquireContext) => batches(open, batchSize, context), {
    items: (batch: readonly R[]) => batch,
    prefetch,
  });
}
