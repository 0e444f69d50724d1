import { CapacityError } from '../../core/index.js';
import { checkKeys } from '../../internal/check.js';
import type { QueryPort } from './client-port.js';

/** Where the numbers of holders are kept. */
export interface FencingOptions {
  /** The table, with its schema where that is not on the search path. Default `rxscope_fencing`. */
  readonly table?: string;
}

const DEFAULT_TABLE = 'rxscope_fencing';

/** No such table, and what a server says to those who make the same one at the same time. */
const UNDEFINED_TABLE = '42P01';
const MADE_MEANWHILE = ['42P07', '42710', '23505'];

/**
 * Makes the table that fencing numbers are kept in, where it is not there: one row for each name, `(name text, number int8)`.
 *
 * {@link advisoryLock} with `fencing` does so itself where it may. {@link fenced} does not, because it stands in the middle of a
 * transaction. Keep the rows: a name that is deleted begins at 1 again.
 *
 * @example
 * ```ts
 * import pg from 'pg';
 * import { lastValue, use } from 'rxscope';
 * import { connection, createFencingTable, fenced } from 'rxscope/postgres';
 *
 * const session = connection(() => new pg.Client(process.env['DATABASE_URL']));
 * const check = session.pipe(
 *   use(async (client) => {
 *     await createFencingTable(client);
 *     await fenced(client, 'documented table', 1);
 *     return 'checked';
 *   }),
 * );
 * await lastValue(check); // => 'checked'
 * ```
 */
export async function createFencingTable(client: QueryPort, options: FencingOptions = {}): Promise<void> {
  try {
    await client.query(
      `CREATE TABLE IF NOT EXISTS ${tableName(options)} (name text PRIMARY KEY, number int8 NOT NULL)`,
    );
  } catch (error) {
    if (!MADE_MEANWHILE.includes(codeOf(error))) throw error;
  }
}

/** Draws the next number of a name: the one that the last holder had, and one more. */
export async function drawNumber(client: QueryPort, name: string, options: FencingOptions): Promise<number> {
  try {
    return await draw(client, name, options);
  } catch (error) {
    if (codeOf(error) !== UNDEFINED_TABLE) throw error;
    await createFencingTable(client, options);
    return draw(client, name, options);
  }
}

async function draw(client: QueryPort, name: string, options: FencingOptions): Promise<number> {
  const { rows } = await client.query<{ number: string | number | bigint }>(
    `INSERT INTO ${tableName(options)} AS held (name, number) VALUES ($1, 1) ` +
      'ON CONFLICT (name) DO UPDATE SET number = held.number + 1 RETURNING number::text',
    [name],
  );
  const number = Number(rows[0]?.number);
  if (Number.isSafeInteger(number)) return number;
  throw new CapacityError(`The fencing number of "${name}" is more than a number of JavaScript holds.`, {
    resource: name,
  });
}

/** The name of the table, quoted. */
export function tableName(options: FencingOptions): string {
  checkKeys(options, 'fencing', ['table']);
  const { table = DEFAULT_TABLE } = options;
  const parts = typeof table === 'string' ? table.split('.') : [];
  if (parts.length === 0 || parts.length > 2 || parts.some((part) => part === '' || part.includes('\0'))) {
    throw new TypeError(`Expected table to be 'name' or 'schema.name', received ${JSON.stringify(table)}.`);
  }
  return parts.map((part) => `"${part.replaceAll('"', '""')}"`).join('.');
}

/** The SQLSTATE of an error of the server; empty for any other. */
export function codeOf(error: unknown): string {
  const code = (error as { readonly code?: unknown } | null | undefined)?.code;
  return typeof code === 'string' ? code : '';
}
