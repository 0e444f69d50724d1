import type { QueryPort } from './client-port.js';
import { StaleHolderError } from './errors.js';
import { tableName, type FencingOptions } from './fenced-number.js';

/**
 * Lets a write through only if nobody with a higher fencing number has written, or taken the lock, before.
 *
 * Call it first in the transaction of the write, with the number of the lock that the write is done under. It is what makes a
 * lock safe that can be lost without the holder knowing yet: the store refuses who comes late. It takes the numbers
 * of {@link advisoryLock} and those of any other lock that counts up, such as a lock in Redis, by name.
 *
 * **Guarantees.** A number lower than one that was let through for the same name is refused. The row of the name stays locked until
 * the transaction ends: two writes of one name come one after the other, and where the numbers are drawn by
 * {@link advisoryLock} with the same name and table, the next holder has its number only after the write is committed or rolled
 * back. Outside of a transaction it looks, and guards nothing.
 *
 * **Errors.** {@link StaleHolderError}; `TypeError` and `RangeError` at the call; those of the query, 42P01 where the table is
 * missing (see {@link createFencingTable}), 40001 under `REPEATABLE READ` and `SERIALIZABLE`.
 *
 * @example
 * ```ts
 * import pg from 'pg';
 * import { lastValue, use } from 'rxscope';
 * import { connection, createFencingTable, fenced } from 'rxscope/postgres';
 *
 * const log: string[] = [];
 * const session = connection(() => new pg.Client(process.env['DATABASE_URL']));
 * const write = (number: number) =>
 *   session.pipe(
 *     use(async (client) => {
 *       await client.query('BEGIN');
 *       await fenced(client, 'documented write', number);
 *       await client.query('COMMIT');
 *       log.push(`written under ${number}`);
 *     }),
 *   );
 * await lastValue(session.pipe(use((client) => createFencingTable(client))));
 * await lastValue(write(33));
 * await lastValue(write(34));
 * await lastValue(write(33)).catch((error: Error) => log.push(error.name));
 * log; // => ['written under 33', 'written under 34', 'StaleHolderError']
 * ```
 */
export function fenced(client: QueryPort, name: string, number: number, options: FencingOptions = {}): Promise<void> {
  if (typeof name !== 'string') throw new TypeError(`Expected name to be a string, received ${typeof name}.`);
  if (!Number.isSafeInteger(number) || number < 0) {
    throw new RangeError(`Expected a fencing number, whole and 0 or more, received ${String(number)}.`);
  }
  return pass(client, name, number, tableName(options));
}

async function pass(client: QueryPort, name: string, number: number, table: string): Promise<void> {
  const { rows } = await client.query(
    `INSERT INTO ${table} AS seen (name, number) VALUES ($1, $2::int8) ` +
      'ON CONFLICT (name) DO UPDATE SET number = EXCLUDED.number WHERE seen.number <= EXCLUDED.number RETURNING number',
    [name, number],
  );
  if (rows.length > 0) return;
  throw new StaleHolderError(
    `Number ${String(number)} of "${name}" is out of date: somebody with a higher one came after. Do not repeat the write; ` +
      'take the lock again.',
    { resource: name },
  );
}
