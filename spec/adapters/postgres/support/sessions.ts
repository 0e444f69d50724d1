import pg, { type ClientConfig } from 'pg';
import type { Observable } from 'rxjs';
import { connection, pgPool, type PgPoolOptions } from '../../../../lib/adapters/postgres/index.js';
import { lease, using, type Lease, type Pool } from '../../../../lib/index.js';
import { eventually } from '../../../support/eventually.js';

/** A client that writes down what is sent through it. */
export class RecordingClient extends pg.Client {
  /** How many were made. */
  static made = 0;
  readonly sent: string[] = [];

  /** `step` is called after each query that is sent, and for each message from the server. */
  constructor(config: ClientConfig, log?: string[], step?: () => void) {
    super(config);
    RecordingClient.made += 1;
    if (step !== undefined) this.connection.on('message', step);
    const query = this.query.bind(this) as (...args: unknown[]) => unknown;
    this.query = ((...args: unknown[]) => {
      const text = typeof args[0] === 'string' ? args[0] : (args[0] as { text?: string }).text;
      this.sent.push(text ?? 'a query object');
      log?.push(text ?? 'a query object');
      const answer = query(...args);
      step?.();
      return answer;
    }) as never;
  }

  get pid(): number {
    return (this as unknown as { processID: number }).processID;
  }
}

/** What was sent to begin and end transactions, in order. */
export const steps = (sent: readonly string[]): string[] =>
  sent.filter((text) => /^(BEGIN|COMMIT|ROLLBACK|SAVEPOINT|RELEASE)/.test(text));

/** A pool of recording clients, entered, and somebody who looks at the server from outside of it. */
export interface Bench {
  readonly pool: Pool<RecordingClient>;
  readonly sent: string[];
  /** Every client that the pool has made. */
  readonly clients: RecordingClient[];
  readonly observer: pg.Client;
  /** How many sessions of the pool there are on the server that are in a transaction or at work. */
  busy(): Promise<number>;
  terminate(pid: number): Promise<void>;
  release(): Promise<void>;
}

export async function openBench(
  config: ClientConfig,
  options: PgPoolOptions<RecordingClient> = {},
  observing = config,
  step?: () => void,
): Promise<Bench> {
  const sent: string[] = [];
  const clients: RecordingClient[] = [];
  const make = (): RecordingClient => {
    const client = new RecordingClient(config, sent, step);
    clients.push(client);
    return client;
  };
  const observer = await lease(connection(() => new pg.Client(observing)));
  const pool: Lease<Pool<RecordingClient>> = await lease(pgPool(make, { reset: 'none', max: 2, ...options }));
  return {
    pool: pool.value,
    sent,
    clients,
    observer: observer.value,
    async busy() {
      const { rows } = await observer.value.query<{ n: number }>(
        "SELECT count(*)::int AS n FROM pg_stat_activity WHERE pid = ANY($1) AND state <> 'idle'",
        [clients.map(({ pid }) => pid)],
      );
      return rows[0]?.n ?? NaN;
    },
    async terminate(pid) {
      await observer.value.query('SELECT pg_terminate_backend($1)', [pid]);
    },
    async release() {
      await pool.release();
      await observer.release();
    },
  };
}

/** Waits until nothing of the pool is borrowed, and no session of it is in a transaction. */
export async function allIsBack({ pool, busy }: Bench): Promise<void> {
  await pool.drain();
  await eventually(
    'nothing is checked any more',
    () => pool.stats.idle === pool.stats.total && pool.stats.checking === 0,
  );
  await eventually('no session of the pool is at work', async () => (await busy()) === 0);
}

/** How many connections of the pool have been destroyed, for whatever reason. */
export const destroyed = ({ pool }: Bench): number =>
  Object.values(pool.stats.destroyed).reduce((sum, count) => sum + count, 0);

let tables = 0;

/** The name of a table that nobody else uses. */
export const tableName = (): string => `spec_${process.pid}_${++tables}`;

/** Runs a body with a connection of its own. */
export const withConnection = <R>(config: ClientConfig, body: (client: pg.Client) => Promise<R>): Observable<R> =>
  using(
    connection(() => new pg.Client(config)),
    body,
  );
