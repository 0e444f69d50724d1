import pg from 'pg';
import { defer, from, mergeMap, NEVER, of } from 'rxjs';
import { connection, fromPgPool, transaction, type TransactionOptions } from '../../../lib/adapters/postgres/index.js';
import { andThen, consume, lastValue, lease, openResources, use, using } from '../../../lib/index.js';
import { eventually } from '../../support/eventually.js';
import { rejection } from '../../support/rejection.js';
import { describeWithPostgres } from '../../support/services.js';
import { allIsBack, openBench, steps, withConnection, type Bench } from './support/sessions.js';

describeWithPostgres('transaction', (server) => {
  let bench: Bench;
  beforeEach(async () => {
    bench = await openBench(server());
  });
  afterEach(async () => {
    await allIsBack(bench);
    await bench.release();
  });

  it('does nothing before it is entered, and is a transaction of its own each time', async () => {
    const described = transaction(bench.pool);
    expect(bench.sent).toEqual([]);
    const one = described.pipe(use((tx) => tx.query('SELECT 1')));
    await Promise.all([lastValue(one), lastValue(one)]);
    expect([steps(bench.sent).sort(), bench.clients.length]).toEqual([['BEGIN', 'BEGIN', 'COMMIT', 'COMMIT'], 2]);
  });

  describe('is begun on', () => {
    const pid = 'SELECT pg_backend_pid() AS pid';

    it('a resource of connections, which ends with it', async () => {
      const answer = transaction(connection(() => new pg.Client(server()))).pipe(
        use((tx) => tx.query<{ pid: number }>(pid)),
      );
      const { rows } = await lastValue(answer);
      const { rowCount } = await bench.observer.query('SELECT 1 FROM pg_stat_activity WHERE pid = $1', [rows[0]?.pid]);
      expect(rowCount).toBe(0);
    });

    it('a connection that is held already, which stays', () =>
      lastValue(
        withConnection(server(), async (client) => {
          const inside = await lastValue(using(transaction(client), (tx) => tx.query<{ pid: number }>(pid)));
          const after = await client.query<{ pid: number }>(pid);
          expect(inside.rows).toEqual(after.rows);
        }),
        { defaultValue: undefined },
      ));

    it('whatever a resource is composed to', async () => {
      await lastValue(
        bench.pool.lease.pipe(
          andThen(transaction),
          use((tx) => tx.query('SELECT 1')),
        ),
      );
      expect(steps(bench.sent)).toEqual(['BEGIN', 'COMMIT']);
    });

    it('nothing else', () => {
      const pool = new pg.Pool();
      expect(() => transaction(pool as never)).toThrow('fromPgPool');
      expect(() => transaction(fromPgPool(pool))).not.toThrow();
      expect(() => transaction(null as never)).toThrow(TypeError);
      expect(() => transaction({} as never)).toThrow(TypeError);
      expect(() => transaction((() => undefined) as never)).toThrow(TypeError);
    });
  });

  it.each<[TransactionOptions, string, string]>([
    [{ isolation: 'serializable' }, 'transaction_isolation', 'serializable'],
    [{ readOnly: true }, 'transaction_read_only', 'on'],
    [{ isolation: 'serializable', readOnly: true, deferrable: true }, 'transaction_deferrable', 'on'],
    [{ statementTimeout: 4_000 }, 'statement_timeout', '4s'],
    [{ idleTimeout: 5_000 }, 'idle_in_transaction_session_timeout', '5s'],
  ])('begun with %j has %s %s', async (options, setting, value) => {
    const show = using(transaction(bench.pool, options), (tx) => tx.query(`SHOW ${setting}`));
    expect((await lastValue(show)).rows).toEqual([{ [setting]: value }]);
  });

  it('may have limits where BEGIN and the limits fail together: nothing stays open', async () => {
    const client = await lease(bench.pool.lease);
    const query = client.value.query.bind(client.value);
    jest
      .spyOn(client.value, 'query')
      .mockImplementation(((text: string) =>
        query(text === 'BEGIN' ? 'BEGIN; SET LOCAL statement_timeout = nonsense' : text)) as never);
    expect(await rejection(lease(transaction(client.value)))).toMatchObject({ code: '22023' });
    expect(bench.sent).toHaveLength(1);
    expect(await rejection(client.release())).toMatchObject({
      code: 'RXSCOPE_LOST',
      cause: { message: expect.stringContaining('BEGIN of "transaction" failed') as unknown },
    });
  });

  it('passes every form of a query on', async () => {
    const answers = await lastValue(
      using(transaction(bench.pool), async ({ query }) => [
        (await query('SELECT $1::int AS n', [1])).rows,
        (await query({ text: 'SELECT $1::int AS n', values: [2] })).rows,
        (await query<[number]>({ text: 'SELECT 3', rowMode: 'array' })).rows,
        await new Promise((resolve) => {
          query('SELECT 4 AS n', (_, { rows }) => {
            resolve(rows);
          });
        }),
      ]),
    );
    expect(answers).toEqual([[{ n: 1 }], [{ n: 2 }], [[3]], [{ n: 4 }]]);
    const all = using(transaction(bench.pool), (tx) => from(tx.query('SELECT 5 AS n')));
    expect((await lastValue(all)).rows).toEqual([{ n: 5 }]);
  });

  it('is shown by its name', async () => {
    const held = await lease(transaction(bench.pool, { name: 'transfer' }));
    expect(openResources().map(({ name }) => name)).toContain('transfer');
    expect(held.value.settings.name).toBe('transfer');
    await held.release();
  });

  it('waits for a connection no longer than its consumer does', async () => {
    const one = await openBench(server(), { max: 1 });
    const first = await lease(one.pool.lease);
    const waiting = consume(using(transaction(one.pool), () => of(1)));
    expect(one.pool.stats.waiting).toBe(1);
    await waiting.close();
    expect([one.pool.stats.waiting, one.sent]).toEqual([0, []]);
    await first.release();
    await one.release();
  });

  it('keeps the body’s error where the server ends the session while it is rolled back', async () => {
    const boom = new Error('boom');
    const failing = using(transaction(bench.pool), (tx) =>
      defer(async () => {
        tx.query('SELECT pg_sleep(100)').catch(() => undefined);
        await eventually('it runs', async () => (await bench.busy()) === 1);
        void bench.terminate(tx.client.pid);
        throw boom;
      }),
    );
    const error = await rejection(lastValue(failing));
    expect([error, steps(bench.sent)[0]]).toEqual([boom, 'BEGIN']);
  });

  it('settles its state', async () => {
    const states: string[] = [];
    const held = await lease(transaction(bench.pool));
    states.push(held.value.state);
    const released = held.release();
    states.push(held.value.state);
    await released;
    states.push(held.value.state);
    const left = await lease(transaction(bench.pool));
    await left.release({ kind: 'unsubscribe' });
    expect([...states, left.value.state]).toEqual(['open', 'ending', 'committed', 'rolled back']);
    expect(await rejection(left.value.query('SELECT 1'))).toMatchObject({
      message: '"transaction" is over: rolled back. Nothing was sent.',
    });
  });

  it('is over at once for those who come while it ends', async () => {
    const held = await lease(transaction(bench.pool));
    const released = held.release();
    expect(await rejection(held.value.query('SELECT 1'))).toMatchObject({
      message: expect.stringContaining('is ending') as unknown,
    });
    await released;
  });

  it('left in the middle of a body that never answers is rolled back', async () => {
    const left = consume(
      using(transaction(bench.pool), (tx) => from(tx.query('SELECT 1')).pipe(mergeMap(() => NEVER))),
    );
    await eventually('it is asked', () => bench.sent.length === 2);
    await left.close();
    expect(steps(bench.sent)).toEqual(['BEGIN', 'ROLLBACK']);
  });
});
