import type { Client, ClientConfig } from 'pg';
import { combine, mapValue, resource, type Resource } from 'rxscope';
import { announced } from './announced.js';
import { connection } from './database.js';

/** A connection for each worker, opened one after the other and closed in reverse; lends out those that are free. */
export function connections(config: ClientConfig, workers: number): Resource<Resource<Client>> {
  const each = Array.from({ length: workers }, (_, index) =>
    connection(config).pipe(announced(`connection of worker ${String(index + 1)}`)),
  );
  return combine(each).pipe(mapValue(lent));
}

/**
 * One of those that are free, for as long as its scope is open. It is back before the scope tells its end: who has as
 * many of them as there are workers, and asks for the next one after an end, finds one.
 */
function lent(clients: readonly Client[]): Resource<Client> {
  const free = [...clients].reverse();
  return resource({
    name: 'free connection',
    acquire: () => free.pop() as Client,
    release: (client) => {
      free.push(client);
    },
  });
}
