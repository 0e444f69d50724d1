/**
 * Scenario 6: a connection pool. Pool, connection and transaction are scopes in scopes, each released before the one
 * around it.
 *
 * Python: `asyncpg.create_pool`, `async with pool.acquire() as connection, connection.transaction()`.
 */
import { Client, type DatabaseError } from 'pg';
import { catchError, map, mergeMap, of, range, toArray } from 'rxjs';
import { andThen, lastValue, resource, use, using, type Pool, type Resource } from 'rxscope';
import { pgPool, transaction } from 'rxscope/postgres';
import { postgresServer } from '../services/servers.js';
import { runDirectly } from './support/run-directly.js';

/** A table of two accounts, dropped again. */
function accounts(connections: Pool<Client>): Resource<string> {
  return connections.lease.pipe(
    andThen((client) =>
      resource({
        name: 'accounts',
        acquire: async () => {
          const table = `accounts_${String(process.pid)}`;
          await client.query(`CREATE TABLE ${table} (name text PRIMARY KEY, balance int CHECK (balance >= 0))`);
          await client.query(`INSERT INTO ${table} VALUES ('savings', 50), ('wallet', 0)`);
          return table;
        },
        release: (table) => client.query(`DROP TABLE ${table}`),
      }),
    ),
  );
}

type Log = (line: string) => void;
type Result = Record<'savings' | 'wallet' | 'sent' | 'refused' | 'connections' | 'left', number>;

export async function main(log: Log): Promise<Result> {
  let made: Pool<Client> | null = null;
  const work = postgresServer().pipe(
    use((config) =>
      using(
        pgPool(() => new Client(config), { name: 'connections', max: 3 }),
        (connections) => {
          made = connections;
          return using(accounts(connections), (table) => transfers(connections, table, log));
        },
      ),
    ),
  );
  const result = await lastValue(work);
  return { ...result, left: (made as Pool<Client> | null)?.stats.total ?? -1 };
}

/** Eight transfers of ten at the same time, over the two connections that the table leaves: five of them are covered. */
function transfers(connections: Pool<Client>, table: string, log: Log) {
  const transfer = (amount: number) =>
    transaction(connections).pipe(
      use(async (tx) => {
        await tx.query(`UPDATE ${table} SET balance = balance + $1 WHERE name = 'wallet'`, [amount]);
        await tx.query(`UPDATE ${table} SET balance = balance - $1 WHERE name = 'savings'`, [amount]);
        return 'sent';
      }),
      catchError((error: unknown) => {
        log(`rolled back: ${String((error as DatabaseError).code)}`);
        return of('refused');
      }),
    );
  const balances = connections.lease.pipe(use((client) => client.query<Row>(`SELECT name, balance FROM ${table}`)));
  return range(0, 8).pipe(
    mergeMap(() => transfer(10)),
    toArray(),
    mergeMap((ends) => balances.pipe(map(({ rows }) => summary(rows, ends, connections)))),
  );
}

interface Row {
  readonly name: 'savings' | 'wallet';
  readonly balance: number;
}

function summary(rows: readonly Row[], ends: readonly string[], { stats }: Pool<Client>): Omit<Result, 'left'> {
  const balance = (of: string): number => rows.find(({ name }) => name === of)?.balance ?? NaN;
  const count = (kind: string): number => ends.filter((end) => end === kind).length;
  return {
    savings: balance('savings'),
    wallet: balance('wallet'),
    sent: count('sent'),
    refused: count('refused'),
    connections: stats.created,
  };
}

runDirectly('06-connection-pool.ts', main);
