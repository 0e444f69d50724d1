import pg, { type Client, type ClientConfig } from 'pg';
import { fromEvent, merge } from 'rxjs';
import { resource, type Resource } from 'rxscope';
import { postgresServer } from '../services/servers.js';
import { announced } from './announced.js';

/** A PostgreSQL: the one of the environment, or else one started for the occasion. */
export function database(environment = process.env): Resource<ClientConfig> {
  const { DATABASE_URL, PGHOST } = environment;
  const server = postgresServer(environment);
  return DATABASE_URL === undefined && PGHOST === undefined ? server.pipe(announced('PostgreSQL')) : server;
}

/** One connection. Whoever holds it fails with a `ResourceLostError` where the server goes away. */
export function connection(config: ClientConfig): Resource<Client> {
  return resource({
    name: 'connection',
    async acquire() {
      const client = new pg.Client(config);
      client.on('error', noop); // without any listener, `pg` would throw it at the process
      await client.connect();
      return client;
    },
    release: (client) => client.end(),
    lost: (client) => merge(fromEvent(client, 'error'), fromEvent(client, 'end')),
  });
}

/** A schema of our own, so that nothing is left behind and nothing of anybody else's is touched. */
export function schema(client: Client): Resource<string> {
  const name = `rxscope_demo_${String(process.pid)}`;
  return resource(
    async function* () {
      await client.query(`CREATE SCHEMA ${name}`);
      try {
        await client.query(`CREATE TABLE ${name}.city (
          id integer PRIMARY KEY, name text NOT NULL, country text NOT NULL, latitude real, longitude real)`);
        yield `${name}.city`;
      } finally {
        await client.query(`DROP SCHEMA ${name} CASCADE`);
      }
    },
    { name: 'schema' },
  );
}

function noop(): void {
  // `lost` tells
}
