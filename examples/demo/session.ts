import type { Client, ClientConfig } from 'pg';
import { andThen, mapValue, type Resource } from 'rxscope';
import { announced } from './announced.js';
import { readCities } from './city.js';
import { connection, database, schema } from './database.js';
import { balanced, type Ledger } from './ledger.js';
import { pageServer, type PageServer } from './page-server.js';

/** Everything the work needs. */
export interface Session {
  readonly config: ClientConfig;
  /** A connection that no worker uses. */
  readonly client: Client;
  readonly table: string;
  readonly ledger: Ledger;
  readonly server: PageServer;
}

/** Opened from top to bottom, closed from bottom to top. */
export function session(ledger: Ledger): Resource<Session> {
  return database().pipe(
    andThen((config) =>
      connection(config).pipe(
        announced('connection'),
        mapValue((client) => ({ config, client, ledger })),
      ),
    ),
    andThen((so) =>
      schema(so.client).pipe(
        announced('schema'),
        mapValue((table) => ({ ...so, table })),
      ),
    ),
    andThen((so) => balanced(ledger, so.client, so.table).pipe(mapValue(() => so))),
    andThen((so) =>
      pageServer(readCities).pipe(
        announced('page server'),
        mapValue((server) => ({ ...so, server })),
      ),
    ),
  );
}
