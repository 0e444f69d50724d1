/**
 * Scenario 5: a database connection. It is closed on every path: when the work is done, when it fails, when its consumer
 * leaves, and when that happens before the connection is there.
 *
 * Python: asyncpg's `connect` and `close`, under `async with`.
 */
import { Client, type DatabaseError } from 'pg';
import { from, mergeMap, NEVER, takeUntil, timer, type Observable } from 'rxjs';
import { lastValue, settled, use, using, type Resource } from 'rxscope';
import { connection } from 'rxscope/postgres';
import { postgresServer } from '../services/servers.js';
import { runDirectly } from './support/run-directly.js';

type Log = (line: string) => void;

interface Result {
  readonly city: string | undefined;
  readonly refused: string;
  readonly lost: string;
  /** How many of the connections that were made are open in the end. */
  readonly open: number;
}

export async function main(log: Log): Promise<Result> {
  const made: Client[] = [];
  const work = postgresServer().pipe(
    use((config) => {
      const database = connection(() => {
        const client = new Client({ ...config, application_name: 'scenario 5' });
        made.push(client);
        client.once('end', () => {
          log('closed');
        });
        return client;
      });
      return scenes(database, log);
    }),
  );
  const result = await lastValue(work);
  await settled(); // the one that was left while connecting, too
  return { ...result, open: made.filter(({ connection: { stream } }) => !stream.destroyed).length };
}

async function scenes(database: Resource<Client>, log: Log): Promise<Omit<Result, 'open'>> {
  // The work is done.
  const city = await lastValue(
    using(database, async (client) => {
      const { rows } = await client.query<{ name: string }>('SELECT $1::text AS name', ['Trondheim']);
      return rows[0]?.name;
    }),
  );
  log('done');

  // It fails: the error is the server's, as it is.
  const failing = using(database, (client) => client.query('SELECT 1 / 0'));
  const refused = await nameOf(failing);
  log(`failed: ${refused}`);

  // The server ends the session while it is held: the body is left, wherever it stands.
  const killed = using(database, (client) =>
    from(client.query('SELECT pg_backend_pid() AS pid')).pipe(
      mergeMap(({ rows: [row] }) =>
        using(database, (other) => other.query('SELECT pg_terminate_backend($1)', [pid(row)])),
      ),
      mergeMap(() => NEVER),
    ),
  );
  const lost = await nameOf(killed);
  log(`lost: ${lost}`);

  // The consumer leaves while it connects: that is given up at once, and nobody is told of it.
  database.pipe(takeUntil(timer(0))).subscribe();
  return { city, refused, lost };
}

const pid = (row: unknown): number => (row as { pid: number }).pid;

/** What a stream fails with, by name or by the code of the server. */
async function nameOf(failing: Observable<unknown>): Promise<string> {
  try {
    await lastValue(failing);
    return 'nothing';
  } catch (error) {
    const { name, code } = error as DatabaseError;
    return name === 'error' ? String(code) : name;
  }
}

runDirectly('05-database-connection.ts', main);
