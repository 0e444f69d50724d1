import type { QueryPort } from './client-port.js';
import { checkChannel } from './listen-channel.js';

/** What the server takes at most, in bytes. */
const LONGEST_PAYLOAD = 7_999;

/**
 * Sends a notification to whoever listens on a channel: at once, or, in a transaction, when that is committed.
 *
 * **Errors.** `RangeError` and `TypeError`, at the call, for a channel with a name of more than 63 bytes, and for a payload of 8,000 bytes or
 * more: put the large thing into a table, and its key into the notification. Those of the query.
 *
 * @example
 * ```ts
 * import pg from 'pg';
 * import { lastValue, use } from 'rxscope';
 * import { connection, notify, transaction } from 'rxscope/postgres';
 *
 * const session = connection(() => new pg.Client(process.env['DATABASE_URL']));
 * const order = transaction(session).pipe(
 *   use(async (tx) => {
 *     await notify(tx, 'Orders', 'number 8'); // heard when the transaction is committed
 *     return tx.state;
 *   }),
 * );
 * await lastValue(order); // => 'open'
 * ```
 */
export function notify(client: QueryPort, channel: string, payload = ''): Promise<void> {
  checkChannel(channel);
  const bytes = Buffer.byteLength(payload);
  if (bytes > LONGEST_PAYLOAD) {
    throw new RangeError(
      `Expected a payload of less than 8,000 bytes, received ${String(bytes)}. Send the key of a row.`,
    );
  }
  return client.query('SELECT pg_notify($1, $2)', [channel, payload]).then(() => undefined);
}
