import type { Redis } from 'ioredis';
import type { Client } from 'pg';
import type { Pool } from 'rxscope';
import { httpClient, type HttpClient } from 'rxscope/http';
import type { Lifespan } from 'rxscope/node';
import * as undici from 'undici';
import { announced } from './announced.js';
import { api } from './api.js';
import { readCities } from './city.js';
import { connectionCount, connections, database, schema } from './database.js';
import { balanced, type Ledger } from './ledger.js';
import { redis } from './lock.js';
import type { Options } from './options.js';

/** Everything the work needs. */
export interface Service {
  readonly app: Lifespan;
  readonly pool: Pool<Client>;
  readonly table: string;
  readonly ledger: Ledger;
  /** A client of our own API. */
  readonly http: HttpClient;
  /** Where the lock is; null where the database has it. */
  readonly redis: Redis | null;
  /** How many places there are on all pages together. */
  readonly total: number;
}

/** Who has a connection besides the workers: two ingests their lock, a request of the API, and the ledger. */
const others = 4;

/** Started from top to bottom, stopped from bottom to top. */
export async function service(app: Lifespan, options: Options, ledger: Ledger): Promise<Service> {
  const config = await app.step('database', database(options.postgres), { startTimeout: 60_000 });
  const pool = await app.step('connections', connections(config, options.workers + others));
  await app.step('connection count', connectionCount(pool));
  const client = options.redis === undefined ? null : await app.step('Redis', redis(options.redis));
  const table = await app.step('schema', schema(pool));
  await app.step('ledger', balanced(ledger, pool, table));
  const cities = await readCities();
  const served = api({ cities, pool, table, isReady: () => app.isReady });
  const url = await app.step('HTTP API', served.pipe(announced('HTTP API')), { stopTimeout: 5_000 });
  const requests = httpClient({ baseUrl: url, undici });
  const http = await app.step('HTTP client', requests.pipe(announced('HTTP client')));
  return { app, pool, table, ledger, http, redis: client, total: cities.length };
}
