import pg from 'pg';
import { from, mergeMap, NEVER, of, throwError, type Observable } from 'rxjs';
import {
  fromPgPool,
  transaction,
  type PgPoolPort,
  type PooledClientPort,
} from '../../../lib/adapters/postgres/index.js';
import { consume, lastValue, lease, using } from '../../../lib/index.js';
import { eventually } from '../../support/eventually.js';
import { Gate } from '../../support/journal.js';
import { rejection } from '../../support/rejection.js';
import { describeWithPostgres } from '../../support/services.js';

const boom = new Error('boom');

describeWithPostgres('fromPgPool', (server) => {
  let pool: pg.Pool;
  let released: unknown[];

  beforeEach(() => {
    pool = new pg.Pool({ ...server(), max: 1 });
    released = [];
    pool.on('release', (error) => released.push(error));
  });
  afterEach(() => pool.end());

  it.each([
    ['completes', () => of('done')],
    ['fails', () => throwError(() => boom)],
  ])('gives the connection back when the body %s', async (_, body) => {
    await lastValue(using(fromPgPool(pool), body)).catch((error: unknown) => error);
    expect([released, pool.totalCount, pool.idleCount]).toEqual([[false], 1, 1]);
  });

  it('gives it back when the consumer leaves', async () => {
    let entered = 0;
    const body = (): Observable<never> => {
      entered += 1;
      return NEVER;
    };
    const left = consume(using(fromPgPool(pool), body));
    await eventually('it is entered', () => entered === 1);
    await left.close();
    expect([released, pool.idleCount]).toEqual([[false], 1]);
  });

  it.each([
    ['in a transaction', 'BEGIN'],
    ['in a failed one', 'BEGIN; SELECT 1/0'],
  ])('closes what comes back %s', async (_, text) => {
    await lastValue(using(fromPgPool(pool), (client) => client.query(text))).catch((error: unknown) => error);
    expect([released, pool.totalCount]).toEqual([[true], 0]);
  });

  it.each([false, true])(
    'closes what comes back with a query that still runs, after settleTimeout (pipeline: %s)',
    async (pipeline) => {
      const own = new pg.Pool({ ...server(), max: 1, pipeline });
      own.on('release', (error) => released.push(error));
      const held = await lease(fromPgPool(own, { settleTimeout: 5 }));
      const running = ['SELECT pg_sleep(100)', 'SELECT 1'].map((text) => rejection(held.value.query(text)));
      await held.release();
      expect(await Promise.all(running)).toEqual([expect.any(Error), expect.any(Error)]);
      expect([released, own.totalCount]).toEqual([[true], 0]);
      await own.end();
    },
  );

  it('gives back what has just been answered with an error', async () => {
    const failing = using(fromPgPool(pool), (client) => client.query('SELECT 1/0'));
    expect(await rejection(lastValue(failing))).toMatchObject({ code: '22012' });
    expect(released).toEqual([false]);
  });

  it('ends the body when the server ends the session, and closes the connection', async () => {
    const lost = using(fromPgPool(pool), (client) =>
      from(client.query('SELECT pg_terminate_backend(pg_backend_pid())')).pipe(mergeMap(() => NEVER)),
    );
    const error = await rejection(lastValue(lost));
    expect([(error as { code: string }).code, pool.totalCount]).toEqual([
      expect.stringMatching(/RXSCOPE_LOST|57P01/),
      0,
    ]);
  });

  it('survives a session that is ended while unused', async () => {
    const pid = await lastValue(
      using(fromPgPool(pool), async (client) => {
        const { rows } = await client.query<{ pid: number }>('SELECT pg_backend_pid() AS pid');
        return rows[0]?.pid;
      }),
    );
    const other = new pg.Client(server());
    await other.connect();
    await other.query('SELECT pg_terminate_backend($1)', [pid]);
    await other.end();
    expect(await eventually('the pool has let go of it', () => pool.totalCount === 0)).toBe(true);
  });

  it('lets who waits leave at once, and gives back the client that comes late', async () => {
    const first = await lease(fromPgPool(pool));
    const waiting = consume(fromPgPool(pool));
    await eventually('it waits', () => pool.waitingCount === 1);
    await waiting.close(); // does not wait for the first
    await first.release();
    await eventually('the late one is back', () => pool.idleCount === 1);
    expect(released).toEqual([false, undefined]);
  });

  it('says nothing of a connect that fails after leaving, and passes on one that fails before', async () => {
    const gate = new Gate<PooledClientPort>();
    const fake: PgPoolPort = { connect: () => gate.promise, on: () => fake, removeListener: () => fake };
    const left = consume(fromPgPool(fake));
    await left.close();
    gate.fail(boom);
    expect(await rejection(lease(fromPgPool(fake)))).toBe(boom);
  });

  it('is what a transaction runs on', async () => {
    const { rows } = await lastValue(
      using(transaction(fromPgPool(pool)), (tx) => tx.query<{ n: number }>('SELECT 42 AS n')),
    );
    expect([rows, released]).toEqual([[{ n: 42 }], [false]]);
  });

  it('refuses what is no pool, and options that it does not know', () => {
    expect(() => fromPgPool({} as never)).toThrow(TypeError);
    expect(() => fromPgPool(pool, { timeout: 1 } as never)).toThrow(TypeError);
    expect(() => fromPgPool(pool, { settleTimeout: -1 })).toThrow(RangeError);
  });
});
