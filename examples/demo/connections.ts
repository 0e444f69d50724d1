import type { Client, ClientConfig } from 'pg';
import { andThen, fromValue, named, pool, type Pool, type Resource } from 'rxscope';
import { announced } from './announced.js';
import { connection } from './database.js';

/** At most so many connections: opened when they are needed, lent to one page at a time, all closed in the end. */
export function connections(config: ClientConfig, max: number): Resource<Pool<Client>> {
  let opened = 0;
  const numbered = fromValue(config).pipe(
    andThen(() => connection(config).pipe(announced(`pooled connection ${String((opened += 1))}`))),
    named('connection'),
  );
  return pool(numbered, { name: 'connections', max, validate: (client) => client.query('SELECT 1') });
}
