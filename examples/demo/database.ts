import pg, { type Client, type ClientConfig } from 'pg';
import { resource, type Pool, type Resource } from 'rxscope';
import { pgPool } from 'rxscope/postgres';
import { postgresServer } from '../services/servers.js';
import { announced } from './announced.js';
import { count, say } from './output.js';

/** A PostgreSQL: the one at `url`, or that of the environment, or else one started for the occasion. */
export function database(url: string | undefined, environment = process.env): Resource<ClientConfig> {
  const given = url === undefined ? environment : { ...environment, DATABASE_URL: url };
  const server = postgresServer(given);
  const isStarted = given['DATABASE_URL'] === undefined && given['PGHOST'] === undefined;
  return isStarted ? server.pipe(announced('PostgreSQL')) : server;
}

/** At most so many connections: opened when they are needed, lent to one user at a time, all closed in the end. */
export function connections(config: ClientConfig, max: number): Resource<Pool<Client>> {
  return pgPool(() => new pg.Client(config), { name: 'connections', max }).pipe(announced('connection pool'));
}

/** Tells how many of them there were. */
export function connectionCount(pool: Pool<Client>): Resource<void> {
  return resource({
    name: 'connection count',
    acquire: () => undefined,
    release: () => {
      const { created, direct, served } = pool.stats;
      say(`connections: ${count(created)} opened, lent ${count(direct + served)} times`);
    },
  });
}

/** A schema of our own, so that nothing is left behind and nothing of anybody else's is touched. */
export function schema(pool: Pool<Client>): Resource<string> {
  const name = `rxscope_demo_${String(process.pid)}`;
  const query = async (text: string): Promise<void> => {
    await using client = await pool.acquire();
    await client.value.query(text);
  };
  return resource(
    async function* () {
      await query(`CREATE SCHEMA ${name}`);
      try {
        await query(`CREATE TABLE ${name}.city (
          id integer PRIMARY KEY, name text NOT NULL, country text NOT NULL, latitude real, longitude real)`);
        yield `${name}.city`;
      } finally {
        await query(`DROP SCHEMA ${name} CASCADE`);
      }
    },
    { name: 'schema' },
  ).pipe(announced('schema'));
}
