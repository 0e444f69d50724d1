/**
 * What a transaction costs on top of BEGIN and COMMIT by hand, on the same connection of the same server: the one of
 * `DATABASE_URL`, or one that is started.
 *
 * A turn is a transaction of two statements with parameters, as an update of something that has been looked up is.
 */
import pg from 'pg';
import { resetTally, tally } from '../measure/tally.js';
import type { Run, Variant, Workload } from '../measure/workload.js';
import { rxscope } from './library.js';
import { server } from './postgres-server.js';

/**
 * Until the machine code has the shape that it keeps. Rounds are counted in milliseconds, which are filled by a few dozen
 * transactions: without this they would be over while everything is still interpreted.
 */
const warmUp = 5000;

const { inTransaction, pgPool, transaction } = (await import(
  new URL('adapters/postgres/index.js', import.meta.resolve(process.env['RXSCOPE_BENCH_LIBRARY'] ?? '')).href
)) as typeof import('../../lib/adapters/postgres/index.js');

/** Something that statements can be sent through. */
interface Sends {
  query(text: string, values?: unknown[]): Promise<{ readonly rows: unknown[] }>;
}

const table = `CREATE TEMPORARY TABLE IF NOT EXISTS account (name text PRIMARY KEY, balance int);
  INSERT INTO account VALUES ('a', 0) ON CONFLICT DO NOTHING`;

async function work(session: Sends): Promise<void> {
  const { rows } = await session.query('SELECT balance FROM account WHERE name = $1', ['a']);
  await session.query('UPDATE account SET balance = $1 WHERE name = $2', [1, 'a']);
  tally.opened += 1;
  tally.used += rows.length;
  tally.closed += 1;
}

async function byHand(session: Sends): Promise<void> {
  await session.query('BEGIN');
  try {
    await work(session);
    await session.query('COMMIT');
  } catch (error) {
    await session.query('ROLLBACK');
    throw error;
  }
}

async function borrowing(pool: pg.Pool): Promise<void> {
  const client = await pool.connect();
  try {
    await byHand(client);
  } finally {
    client.release();
  }
}

/** Connects when it is first run: what is prepared and not measured connects to nothing. */
function on<T>(open: () => Promise<T>, turn: (opened: T) => Promise<unknown>): () => Run {
  return () => {
    let opening: Promise<T> | undefined;
    return async (operations) => {
      const opened = await (opening ??= open().then((made) => warm(made, turn)));
      for (let i = 0; i < operations; i += 1) await turn(opened);
    };
  };
}

async function warm<T>(made: T, turn: (opened: T) => Promise<unknown>): Promise<T> {
  for (let i = 0; i < warmUp; i += 1) await turn(made);
  resetTally();
  return made;
}

let connected: Promise<pg.Client> | undefined;

/** One for all: how quickly a session answers depends on where the system lets its process run. */
function client(): Promise<pg.Client> {
  return (connected ??= connect());
}

async function connect(): Promise<pg.Client> {
  const made = new pg.Client(await server());
  await made.connect();
  await made.query(table);
  return made;
}

async function theirPool(): Promise<pg.Pool> {
  const pool = new pg.Pool({ ...(await server()), max: 1 });
  await pool.query(table);
  return pool;
}

async function ourPool() {
  const config = await server();
  const { value } = await rxscope.lease(pgPool(() => new pg.Client(config), { max: 1, reset: 'none' }));
  await rxscope.lastValue(rxscope.using(value.lease, (made) => made.query(table)));
  return value;
}

const variants: readonly Variant[] = [
  {
    name: 'rxscope',
    prepare: on(client, (made) => rxscope.lastValue(rxscope.using(transaction(made), work), { defaultValue: null })),
  },
  {
    name: 'rxscope, with retry',
    prepare: on(client, (made) =>
      rxscope.lastValue(inTransaction(made, work, { retry: true }), { defaultValue: null }),
    ),
  },
  {
    name: 'rxscope, on its pool',
    prepare: on(ourPool, (pool) => rxscope.lastValue(rxscope.using(transaction(pool), work), { defaultValue: null })),
  },
  { name: 'pg.Pool by hand', prepare: on(theirPool, borrowing) },
];

export const workloads: readonly Workload[] = [
  {
    id: 'W12',
    title: 'transaction of two statements',
    kind: 'time',
    unit: 'transaction',
    units: 1,
    patience: 8,
    work: { opened: 1, used: 1, closed: 1 },
    floor: { name: 'BEGIN and COMMIT by hand', prepare: on(client, byHand) },
    variants,
    goals: [
      { variant: 'rxscope', atMost: 1.05 },
      { variant: 'rxscope, on its pool', against: 'pg.Pool by hand', atMost: 1.05 },
    ],
  },
];
