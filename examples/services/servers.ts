import type { ClientConfig } from 'pg';
import { fromValue, mapValue, type Resource } from 'rxscope';
import { ownPostgres } from './own-postgres.js';
import { ownRedis } from './own-redis.js';

/** A PostgreSQL: the one that `DATABASE_URL` or `PGHOST` points to, or else one that is started for the occasion. */
export function postgresServer(environment = process.env): Resource<ClientConfig> {
  const { DATABASE_URL: connectionString, PGHOST: host } = environment;
  if (connectionString !== undefined) return fromValue({ connectionString });
  if (host !== undefined) return fromValue({}); // `pg` reads PGHOST, PGPORT, PGUSER … by itself
  return ownPostgres().pipe(mapValue(({ config }) => config));
}

/** The address of a Redis: `REDIS_URL`, or one that is started for the occasion. */
export function redisServer(environment = process.env): Resource<string> {
  const { REDIS_URL: url } = environment;
  return url === undefined ? ownRedis().pipe(mapValue((server) => server.url)) : fromValue(url);
}
