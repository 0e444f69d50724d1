/**
 * Scenario 7: a unit of work. Committed when it completes, rolled back when it fails and when its consumer leaves; a part of it
 * can be undone alone, and what is to happen outside of the database waits until it is known how it came out.
 *
 * Python: SQLAlchemy's session: commit on success, rollback on error, always close; `begin_nested()`.
 */
import { Client, type DatabaseError } from 'pg';
import { catchError, concat, concatMap, EMPTY, from, NEVER, of, take, type Observable } from 'rxjs';
import { awaitRelease, lastValue, use, using, type Pool } from 'rxscope';
import { inTransaction, pgPool, transaction, type Transaction } from 'rxscope/postgres';
import { postgresServer } from '../services/servers.js';
import { runDirectly } from './support/run-directly.js';

type Log = (line: string) => void;
type Tx = Transaction<Client>;

interface Result {
  readonly names: readonly string[];
  readonly tries: number;
  readonly borrowed: number;
}

/** What a service works with: everything it does through this is one transaction. */
class Orders {
  constructor(
    private readonly tx: Tx,
    private readonly log: Log,
  ) {}

  async add(name: string): Promise<void> {
    this.tx.afterCommit(() => {
      this.log(`mail about ${name}`);
    });
    await this.tx.query('INSERT INTO orders VALUES ($1)', [name]);
  }

  /** All of them or none, whatever becomes of the rest. */
  addAll(names: readonly string[]): Observable<never> {
    return transaction(this.tx).pipe(
      use((inner) => from(names).pipe(concatMap((name) => new Orders(inner, this.log).add(name)))),
      catchError(() => EMPTY),
      concatMap(() => EMPTY),
    );
  }
}

export async function main(log: Log): Promise<Result> {
  const work = postgresServer().pipe(
    use((config) =>
      using(
        pgPool(() => new Client(config), { max: 1, reset: 'none' }), // the table is of the session
        (pool) => scenes(pool, log),
      ),
    ),
  );
  return lastValue(work);
}

async function scenes(pool: Pool<Client>, log: Log): Promise<Result> {
  await lastValue(using(pool.lease, (client) => client.query('CREATE TEMPORARY TABLE orders (name text UNIQUE)')));
  const unitOfWork = (body: (orders: Orders) => Observable<unknown>) =>
    transaction(pool).pipe(use((tx) => body(new Orders(tx, log))));

  // Completes: committed, then the mail goes out. The second batch holds one that is there already, and is undone alone.
  const batches = unitOfWork((orders) => concat(orders.addAll(['lamp', 'chair']), orders.addAll(['table', 'lamp'])));
  await lastValue(batches, { defaultValue: null });

  // Fails: rolled back, and no mail.
  const failing = unitOfWork((orders) => from(orders.add('sofa')).pipe(concatMap(() => orders.add('sofa'))));
  await lastValue(failing).catch((error: unknown) => {
    log(`failed: ${String((error as DatabaseError).code)}`);
  });

  // Is left, as by a client that hangs up: rolled back before the connection is used again.
  const endless = unitOfWork((orders) => from(orders.add('bed')).pipe(concatMap(() => concat(of('working'), NEVER))));
  log(String(await lastValue(endless.pipe(take(1), awaitRelease()))));

  // Others get in the way: the whole is done again, in a new transaction.
  let tries = 0;
  const serializable = inTransaction(
    pool,
    async (tx) => {
      tries += 1;
      await new Orders(tx, log).add('desk');
      if (tries === 1) await tx.query(`DO $$ BEGIN RAISE SQLSTATE '40001'; END $$`); // as if it were so
    },
    { isolation: 'serializable', retry: true },
  );
  await lastValue(serializable, { defaultValue: undefined });

  const { rows } = await lastValue(
    using(pool.lease, (client) => client.query<{ name: string }>('SELECT name FROM orders ORDER BY name')),
  );
  return { names: rows.map(({ name }) => name), tries, borrowed: pool.stats.borrowed };
}

runDirectly('07-unit-of-work.ts', main);
