import type { ClientConfig } from 'pg';
import { fromValue, type Resource } from 'rxscope';
import { embeddedPostgres } from '../../demo/embedded-postgres.js';

/** The PostgreSQL that the environment points to, or one of our own for as long as the scope is open. */
export function testDatabase(environment = process.env): Resource<ClientConfig> {
  const { DATABASE_URL: connectionString, PGHOST: host } = environment;
  if (connectionString !== undefined) return fromValue({ connectionString });
  return host === undefined ? embeddedPostgres() : fromValue({}); // `pg` reads PGHOST, PGPORT … by itself
}
