import pg from 'pg';
import { forkJoin, from, mergeMap, NEVER, of } from 'rxjs';
import { pgPool, type PgPoolOptions } from '../../../lib/adapters/postgres/index.js';
import { consume, lastValue, lease, using, type PoolEvent } from '../../../lib/index.js';
import { Clock } from '../../support/clock.js';
import { eventually } from '../../support/eventually.js';
import { rejection } from '../../support/rejection.js';
import { describeWithPostgres } from '../../support/services.js';
import { allIsBack, destroyed, openBench, type Bench, type RecordingClient } from './support/sessions.js';

describeWithPostgres('pgPool', (server) => {
  const withBench = async (
    options: PgPoolOptions<RecordingClient>,
    test: (bench: Bench) => Promise<void>,
  ): Promise<void> => {
    const bench = await openBench(server(), options);
    try {
      await test(bench);
      await allIsBack(bench);
    } finally {
      await bench.release();
    }
  };

  it('lends no more than max connections, to as many as want one', () =>
    withBench({ max: 2 }, async ({ pool, clients }) => {
      const one = using(pool.lease, (client) => client.query('SELECT 1'));
      await lastValue(forkJoin([one, one, one, one, one]));
      expect(clients).toHaveLength(2);
    }));

  it('undoes what a session was told, by default', () =>
    withBench({ reset: 'session' }, async ({ pool, sent }) => {
      await lastValue(using(pool.lease, () => of(1)));
      expect(sent).toEqual([expect.stringContaining('UNLISTEN *')]);
    }));

  it('leaves it alone when told so', () =>
    withBench({ reset: 'none' }, async ({ pool, sent }) => {
      await lastValue(using(pool.lease, () => of(1)));
      expect(sent).toEqual([]);
    }));

  it.each([
    ['a promise', (client: RecordingClient) => client.query('RESET ALL')],
    ['an observable', (client: RecordingClient) => from(client.query('RESET ALL'))],
  ])('asks a function that answers %s, also where the last query is just being answered', (_, reset) =>
    withBench({ reset }, async ({ pool, sent }) => {
      const failing = using(pool.lease, (client) => client.query('SELECT 1/0'));
      expect(await rejection(lastValue(failing))).toMatchObject({ code: '22012' });
      await eventually('it was reset', () => sent.at(-1) === 'RESET ALL');
    }),
  );

  it('destroys what cannot be reset', () =>
    withBench({ reset: () => Promise.reject(new Error('no')) }, async (bench) => {
      await lastValue(using(bench.pool.lease, () => of(1)));
      expect(await eventually('it is destroyed', () => destroyed(bench) === 1)).toBe(true);
    }));

  it('says on events$ why it destroyed a connection', () =>
    withBench({}, async (bench) => {
      const events: PoolEvent[] = [];
      const watching = bench.pool.events$.subscribe((event) => events.push(event));
      await lastValue(using(bench.pool.lease, (client) => client.query('BEGIN')));
      await eventually('it is destroyed', () => destroyed(bench) === 1);
      watching.unsubscribe();
      expect(events).toContainEqual(
        expect.objectContaining({
          type: 'reset',
          isValid: false,
          error: expect.objectContaining({
            code: 'RXSCOPE_DOUBTFUL_CONNECTION',
            message: 'The connection came back in a transaction. It is destroyed.',
          }) as unknown,
        }),
      );
    }));

  it('keeps a connection whose last query ends within settleTimeout', () =>
    withBench({ settleTimeout: 5_000 }, async (bench) => {
      const left = consume(using(bench.pool.lease, (client) => client.query('SELECT pg_sleep(0.02)')));
      await eventually('it runs', () => bench.sent.length === 1);
      await left.close();
      await allIsBack(bench);
      expect([destroyed(bench), bench.pool.stats.idle]).toEqual([0, 1]);
    }));

  it('tells the borrower of a session that the server ends', () =>
    withBench({}, async ({ pool, terminate }) => {
      const lost = using(pool.lease, (client) => from(terminate(client.pid)).pipe(mergeMap(() => NEVER)));
      expect(await rejection(lastValue(lost))).toMatchObject({ code: 'RXSCOPE_LOST' });
    }));

  it('asks for a sign of life', async () => {
    const clock = new Clock();
    await withBench({ validateAfter: 5, scheduler: clock }, async ({ pool, sent }) => {
      const one = using(pool.lease, () => of(1));
      for (const ms of [0, 4, 6]) {
        expect(sent).toEqual([]);
        clock.pass(ms);
        await lastValue(one);
      }
      expect(sent).toEqual(['SELECT 1']);
    });
  });

  it('passes on what connecting fails with, and refuses options that it does not know', async () => {
    const pool = await lease(pgPool(() => new pg.Client({ host: '127.0.0.1', port: 1 }), { connectTimeout: 1_000 }));
    expect(await rejection(lease(pool.value.lease))).toMatchObject({ code: 'ECONNREFUSED' });
    await pool.release();
    const make = (): pg.Client => new pg.Client();
    expect(() => pgPool(make, { reset: 'everything' } as never)).toThrow(TypeError);
    expect(() => pgPool(make, { settleTimeout: -1 })).toThrow(RangeError);
    expect(() => pgPool(make, { endTimeout: -1 })).toThrow(RangeError);
    expect(() => pgPool(make, { size: 1 } as never)).toThrow(TypeError);
  });
});
