/**
 * The invariants of database transactions, by the numbers under which others have broken them: open transactions that got
 * back into a pool, errors that were masked, commits that nobody knew about.
 */
import pg from 'pg';
import {
  catchError,
  concat,
  defer,
  EMPTY,
  firstValueFrom,
  forkJoin,
  from,
  mergeMap,
  NEVER,
  of,
  Subject,
  take,
  takeUntil,
  tap,
  throwError,
  toArray,
} from 'rxjs';
import { inTransaction, transaction, type Transaction } from '../../../lib/adapters/postgres/index.js';
import { awaitRelease, consume, lastValue, lease, settled, using } from '../../../lib/index.js';
import { eventually } from '../../support/eventually.js';
import { rejection } from '../../support/rejection.js';
import { describeWithPostgres } from '../../support/services.js';
import {
  allIsBack,
  destroyed,
  openBench,
  steps,
  tableName,
  type Bench,
  type RecordingClient,
} from './support/sessions.js';

type Tx = Transaction<RecordingClient>;

const boom = new Error('boom');
const done = { defaultValue: null };

describeWithPostgres('a transaction', (server) => {
  let bench: Bench;
  const table = tableName();
  const insert = (tx: Tx, n: number) => tx.query(`INSERT INTO ${table} VALUES ($1)`, [n]);
  const rows = async (): Promise<number[]> => {
    const answer = await bench.observer.query<{ n: number }>(`SELECT n FROM ${table} ORDER BY n`);
    return answer.rows.map(({ n }) => n);
  };

  beforeEach(async () => {
    bench = await openBench(server());
    await bench.observer.query(
      `CREATE TABLE ${table} (n int, CONSTRAINT ${table}_later UNIQUE (n) DEFERRABLE INITIALLY DEFERRED)`,
    );
  });
  afterEach(async () => {
    await allIsBack(bench);
    await bench.observer.query(`DROP TABLE ${table}`);
    await bench.release();
  });

  describe('T1 exactly one COMMIT or ROLLBACK for each BEGIN that worked', () => {
    it('T1 commits where the body completes', async () => {
      await lastValue(using(transaction(bench.pool), (tx) => insert(tx, 1)));
      expect(steps(bench.sent)).toEqual(['BEGIN', 'COMMIT']);
      expect(await rows()).toEqual([1]);
    });

    it('T1 rolls back where the body fails', async () => {
      const failing = using(transaction(bench.pool), async (tx) => {
        await insert(tx, 1);
        throw boom;
      });
      expect(await rejection(lastValue(failing))).toBe(boom);
      expect(steps(bench.sent)).toEqual(['BEGIN', 'ROLLBACK']);
      expect(await rows()).toEqual([]);
    });

    it('T1 rolls back where the body throws instead of answering', async () => {
      const failing = using(transaction(bench.pool), () => {
        throw boom;
      });
      expect(await rejection(lastValue(failing))).toBe(boom);
      expect(steps(bench.sent)).toEqual(['BEGIN', 'ROLLBACK']);
    });

    it('T1 rolls back where the consumer leaves', async () => {
      const left = using(transaction(bench.pool), (tx) =>
        from(insert(tx, 1)).pipe(mergeMap(() => concat(of('in'), NEVER))),
      );
      expect(await firstValueFrom(left, { defaultValue: 'out' })).toBe('in');
      await settled();
      expect(steps(bench.sent)).toEqual(['BEGIN', 'ROLLBACK']);
      expect(await rows()).toEqual([]);
    });

    it('T1 sends neither where BEGIN fails', async () => {
      const client = await lease(bench.pool.lease);
      const refusal = new Error('no BEGIN today');
      const query = jest.spyOn(client.value, 'query').mockImplementation(() => Promise.reject(refusal) as never);
      const failing = using(transaction(client.value), () => of('never'));
      expect(await rejection(lastValue(failing))).toBe(refusal);
      expect(query.mock.calls).toEqual([['BEGIN']]);
      query.mockRestore();
      await client.release();
    });
  });

  describe('T2 every way out gives the connection back, or destroys it, exactly once', () => {
    it.each([
      ['complete', (): typeof EMPTY => EMPTY],
      ['error', () => throwError(() => boom)],
    ])('T2 %s', async (_, body) => {
      const { asked } = bench.pool.stats;
      await lastValue(using(transaction(bench.pool), body), done).catch((error: unknown) => error);
      const { stats } = bench.pool;
      expect([stats.asked - asked, stats.borrowed]).toEqual([1, 0]);
    });

    it('T2 before BEGIN is answered', async () => {
      const held = await lease(bench.pool.lease);
      const subscription = using(transaction(held.value), () => NEVER).subscribe();
      subscription.unsubscribe(); // in the tick in which BEGIN is sent
      await settled();
      expect(steps(bench.sent)).toEqual(['BEGIN', 'ROLLBACK']);
      expect((await held.value.query('SELECT 1')).rowCount).toBe(1);
      await held.release();
      expect(bench.pool.stats.borrowed).toBe(0);
    });

    it('T2 while COMMIT is on its way', async () => {
      const subscription = using(transaction(bench.pool), (tx) => insert(tx, 2)).subscribe();
      await eventually('COMMIT was sent', () => bench.sent.includes('COMMIT'));
      subscription.unsubscribe();
      await settled();
      expect(steps(bench.sent)).toEqual(['BEGIN', 'COMMIT']);
      expect(await rows()).toEqual([2]);
    });

    it('T2 while ROLLBACK is on its way', async () => {
      const subscription = using(transaction(bench.pool), () => throwError(() => boom)).subscribe({
        error: () => undefined,
      });
      await eventually('ROLLBACK was sent', () => bench.sent.includes('ROLLBACK'));
      subscription.unsubscribe();
      await settled();
      expect(steps(bench.sent)).toEqual(['BEGIN', 'ROLLBACK']);
    });
  });

  describe('T3 a connection that is not certainly idle is destroyed', () => {
    it('T3 where ROLLBACK fails', async () => {
      const before = destroyed(bench);
      const failing = using(transaction(bench.pool), (tx) => {
        jest.spyOn(tx.client, 'query').mockImplementation(() => Promise.reject(new Error('no answer')) as never);
        return throwError(() => boom);
      });
      const error = await rejection(lastValue(failing));
      expect(error).toMatchObject({ name: 'SuppressedError', suppressed: boom });
      expect(error).toMatchObject({ error: { name: 'TransactionRollbackError', cause: { message: 'no answer' } } });
      await eventually('it is destroyed', () => destroyed(bench) === before + 1);
    });

    it('T3 where the body has begun one by hand and left it open', async () => {
      const before = destroyed(bench);
      await lastValue(using(bench.pool.lease, (client) => client.query('BEGIN')));
      await eventually('it is destroyed', () => destroyed(bench) === before + 1);
    });

    it('T3 where a query still runs', async () => {
      const before = destroyed(bench);
      const subscription = using(bench.pool.lease, (client) => client.query('SELECT pg_sleep(100)')).subscribe();
      await eventually('it runs', async () => (await bench.busy()) === 1);
      subscription.unsubscribe();
      await eventually('it is destroyed', () => destroyed(bench) === before + 1);
      expect(await eventually('the server has given it up', async () => (await bench.busy()) === 0)).toBe(true);
    });
  });

  describe('T4 the caller sees the original error', () => {
    it('T4 as it is, from the server', async () => {
      const failing = using(transaction(bench.pool), (tx) => tx.query('SELECT 1/0'));
      expect(await rejection(lastValue(failing))).toMatchObject({ code: '22012' });
      expect(steps(bench.sent)).toEqual(['BEGIN', 'ROLLBACK']);
    });

    it('T4 a constraint that was deferred fails at COMMIT, and nothing is sent after it', async () => {
      const failing = using(transaction(bench.pool), async (tx) => {
        await insert(tx, 1);
        await insert(tx, 1);
      });
      expect(await rejection(lastValue(failing))).toMatchObject({ code: '23505' });
      expect(steps(bench.sent)).toEqual(['BEGIN', 'COMMIT']);
      expect(await rows()).toEqual([]);
    });

    it('T4 a COMMIT that the server turns into a rollback is an error', async () => {
      const swallowing = using(transaction(bench.pool), async (tx) => {
        await insert(tx, 1);
        await tx.query('SELECT 1/0').catch(() => undefined);
      });
      const error = await rejection(lastValue(swallowing));
      expect(error).toMatchObject({ code: 'RXSCOPE_TRANSACTION_ABORTED', cause: { code: '22012' } });
      expect(await rows()).toEqual([]);
    });

    it('T4 the first of several errors is the one that is told', async () => {
      const swallowing = using(transaction(bench.pool), async (tx) => {
        await tx.query('SELECT 1/0').catch(() => undefined);
        await tx.query('SELECT 1').catch(() => undefined); // 25P02: refused because of the first
      });
      expect(await rejection(lastValue(swallowing, done))).toMatchObject({ cause: { code: '22012' } });
    });

    it('T4 what the queries lead to that nobody waited for is part of it', async () => {
      const careless = using(transaction(bench.pool), (tx) => {
        void insert(tx, 1);
        void tx.query('SELECT pg_sleep(0.01)').then(() => insert(tx, 2));
        return of('done');
      });
      await lastValue(careless);
      expect(await rows()).toEqual([1, 2]);
    });

    it('T4 nor is a nested one released before them', async () => {
      const careless = using(transaction(bench.pool), (outer) =>
        using(transaction(outer), (tx) => {
          void tx.query('SELECT pg_sleep(0.01)').then(() => insert(tx, 1));
          return of('done');
        }),
      );
      await lastValue(careless);
      expect(await rows()).toEqual([1]);
    });

    it('T4 what comes while it is rolled back is refused', async () => {
      let kept: Tx | undefined;
      const subscription = using(transaction(bench.pool), (tx) => {
        kept = tx;
        return NEVER;
      }).subscribe();
      await eventually('it has begun', () => kept !== undefined);
      subscription.unsubscribe();
      expect(kept?.state).toBe('ending');
      expect(await rejection(Promise.resolve(kept?.query('SELECT 1')))).toMatchObject({
        code: 'RXSCOPE_TRANSACTION_STATE',
      });
      await settled();
    });

    it('T4 a query that nobody waited for decides as well', async () => {
      const careless = using(transaction(bench.pool), (tx) => {
        tx.query('SELECT pg_sleep(0.01), 1/0 FROM pg_sleep(0.01)').catch(() => undefined);
        return of('done');
      });
      expect(await rejection(lastValue(careless))).toMatchObject({ code: 'RXSCOPE_TRANSACTION_ABORTED' });
    });
  });

  describe('T5 unsubscribe is a rollback, awaited before the connection is used again', () => {
    it('T5 the next one on the same connection sees none of it', async () => {
      const one = await openBench(server(), { max: 1 });
      const leave = new Subject<void>();
      const first = using(transaction(one.pool), (tx) =>
        from(insert(tx, 5)).pipe(
          mergeMap(() => NEVER),
          takeUntil(leave),
        ),
      );
      const left = consume(first);
      await eventually('it is inserted', () => one.sent.some((text) => text.startsWith('INSERT')));
      const closed = left.close();
      const { rows: seen } = await lastValue(using(transaction(one.pool), (tx) => tx.query(`SELECT n FROM ${table}`)));
      await closed;
      expect(seen).toEqual([]);
      expect(steps(one.sent)).toEqual(['BEGIN', 'ROLLBACK', 'BEGIN', 'COMMIT']);
      expect(one.pool.stats.created).toBe(1);
      await one.release();
    });

    it('T5 awaitRelease() waits for the answer', async () => {
      const left = using(transaction(bench.pool), (tx) =>
        from(insert(tx, 6)).pipe(mergeMap(() => concat(of(1), NEVER))),
      );
      const first = defer(() => left).pipe(take(1), awaitRelease());
      expect(await lastValue(first)).toBe(1);
      expect(bench.pool.stats.borrowed).toBe(0);
    });
  });

  describe('T6 savepoints', () => {
    const inner = (tx: Tx, n: number, fails: boolean) =>
      using(transaction(tx), async (nested) => {
        await insert(nested, n);
        if (fails) throw boom;
        return n;
      });

    it('T6 have names of their own, are released, and undone alone', async () => {
      const work = using(transaction(bench.pool), (tx) =>
        concat(inner(tx, 1, false), inner(tx, 2, true).pipe(catchError(() => of('undone'))), inner(tx, 3, false)),
      );
      await lastValue(work);
      expect(await rows()).toEqual([1, 3]);
      expect(steps(bench.sent)).toEqual([
        'BEGIN',
        'SAVEPOINT rxscope_1',
        'RELEASE SAVEPOINT rxscope_1',
        'SAVEPOINT rxscope_2',
        'ROLLBACK TO SAVEPOINT rxscope_2; RELEASE SAVEPOINT rxscope_2',
        'SAVEPOINT rxscope_3',
        'RELEASE SAVEPOINT rxscope_3',
        'COMMIT',
      ]);
    });

    it('T6 in the same place wait for each other', async () => {
      let open = 0;
      let most = 0;
      const one = (tx: Tx, n: number) =>
        using(transaction(tx), async (nested) => {
          most = Math.max(most, ++open);
          await insert(nested, n);
          open -= 1;
        });
      await lastValue(using(transaction(bench.pool), (tx) => forkJoin([1, 2, 3].map((n) => one(tx, n)))));
      expect([most, await rows()]).toEqual([1, [1, 2, 3]]);
    });

    it('T6 in the same place are refused by option', async () => {
      const work = using(transaction(bench.pool, { siblings: 'refuse' }), (tx) =>
        forkJoin([inner(tx, 1, false), inner(tx, 2, false)]),
      );
      expect(await rejection(lastValue(work))).toMatchObject({ code: 'RXSCOPE_TRANSACTION_STATE' });
      expect(await rows()).toEqual([]);
    });

    it('T6 are undone alone where a statement failed, its error caught inside, and the body completed', async () => {
      const work = using(transaction(bench.pool), async (tx) => {
        await insert(tx, 1);
        const nested = using(transaction(tx), (deeper) => deeper.query('SELECT 1/0').catch(() => null));
        const error = await rejection(lastValue(nested));
        expect(error).toMatchObject({ code: 'RXSCOPE_TRANSACTION_ABORTED' });
        await insert(tx, 2);
      });
      await lastValue(work, done);
      expect(await rows()).toEqual([1, 2]);
    });
  });

  describe('T7 use at the wrong time fails at once', () => {
    it('T7 after the end', async () => {
      const kept = await lastValue(using(transaction(bench.pool), (tx) => of(tx)));
      bench.sent.length = 0;
      expect(await rejection(kept.query('SELECT 1'))).toMatchObject({ code: 'RXSCOPE_TRANSACTION_STATE' });
      expect(() => kept.query('SELECT 1', () => undefined)).toThrow('over: committed');
      expect(() => kept.query(new pg.Query('SELECT 1'))).toThrow('over: committed');
      expect(await rejection(lease(transaction(kept)))).toMatchObject({ code: 'RXSCOPE_TRANSACTION_STATE' });
      expect(bench.sent).toEqual([]);
    });

    it('T7 the outer handle while a nested one is open', async () => {
      const work = using(transaction(bench.pool), async (tx) => {
        const nested = await lease(transaction(tx));
        const error = await rejection(tx.query('SELECT 1'));
        await nested.release();
        await tx.query('SELECT 1');
        return error;
      });
      expect(await lastValue(work)).toMatchObject({ code: 'RXSCOPE_TRANSACTION_STATE' });
    });

    it('T7 committing around a nested one that is still open rolls all of it back', async () => {
      let forgotten: Awaited<ReturnType<typeof lease<Tx>>> | undefined;
      const work = using(transaction(bench.pool), async (tx) => {
        await insert(tx, 1);
        forgotten = await lease(transaction(tx));
      });
      expect(await rejection(lastValue(work, done))).toMatchObject({ code: 'RXSCOPE_TRANSACTION_STATE' });
      expect(await rejection(Promise.resolve(forgotten?.release()))).toMatchObject({
        code: 'RXSCOPE_TRANSACTION_STATE',
      });
      expect(steps(bench.sent)).toEqual(['BEGIN', 'SAVEPOINT rxscope_1', 'ROLLBACK']);
      expect(await rows()).toEqual([]);
    });

    it('T7 two on the same connection, of which neither knows', async () => {
      const work = using(bench.pool.lease, (client) =>
        using(transaction(client), () => using(transaction(client), () => of('both'))),
      );
      expect(await rejection(lastValue(work))).toMatchObject({ code: 'RXSCOPE_TRANSACTION_STATE' });
      expect(steps(bench.sent)).toEqual(['BEGIN', 'ROLLBACK']);
    });

    it('T7 one that was begun by hand is on the connection', async () => {
      const work = using(bench.pool.lease, async (client) => {
        await client.query('BEGIN');
        expect(await rejection(lastValue(using(transaction(client), () => of('both'))))).toMatchObject({
          code: 'RXSCOPE_TRANSACTION_STATE',
        });
        await client.query('ROLLBACK');
      });
      await lastValue(work, done);
      expect(steps(bench.sent)).toEqual(['BEGIN', 'ROLLBACK']);
    });

    it('T7 two begun on the same connection before the first BEGIN is answered', async () => {
      const work = using(bench.pool.lease, async (client) => {
        const [first, second] = [1, 2].map((n) => lastValue(using(transaction(client), (tx) => insert(tx, n))));
        expect(await rejection(Promise.resolve(second))).toMatchObject({ code: 'RXSCOPE_TRANSACTION_STATE' });
        await first;
        await lastValue(using(transaction(client), (tx) => insert(tx, 3))); // a refusal takes nothing
      });
      await lastValue(work, done);
      expect(steps(bench.sent)).toEqual(['BEGIN', 'COMMIT', 'BEGIN', 'COMMIT']);
      expect(await rows()).toEqual([1, 3]);
    });
  });

  describe('T8 retry', () => {
    it('T8 runs the whole body again in a transaction of its own, after a real serialization failure', async () => {
      await bench.observer.query(`INSERT INTO ${table} VALUES (1)`);
      const seen = new Set<Tx>();
      const work = inTransaction(
        bench.pool,
        async (tx) => {
          seen.add(tx);
          const { rows: read } = await tx.query<{ n: number }>(`SELECT n FROM ${table}`);
          if (seen.size === 1) await bench.observer.query(`UPDATE ${table} SET n = n + 1`); // somebody is quicker
          await tx.query(`UPDATE ${table} SET n = $1`, [Number(read[0]?.n) + 10]);
          return 'done';
        },
        { isolation: 'repeatable read', retry: { initial: 1 } },
      );
      expect(await lastValue(work)).toBe('done');
      expect([seen.size, await rows()]).toEqual([2, [12]]);
      expect(steps(bench.sent)).toEqual([
        'BEGIN ISOLATION LEVEL REPEATABLE READ',
        'ROLLBACK',
        'BEGIN ISOLATION LEVEL REPEATABLE READ',
        'COMMIT',
      ]);
    });

    it('T8 runs it again after a real deadlock', async () => {
      await bench.observer.query(`INSERT INTO ${table} VALUES (1), (2)`);
      let tries = 0;
      const met = new Subject<void>();
      let here = 0;
      const both = (first: number, second: number) =>
        inTransaction(
          bench.pool,
          async (tx) => {
            tries += 1;
            await tx.query('SET LOCAL deadlock_timeout = 10');
            await tx.query(`SELECT n FROM ${table} WHERE n = $1 FOR UPDATE`, [first]);
            here += 1;
            if (here < 2) await firstValueFrom(met, { defaultValue: null });
            else met.next();
            await tx.query(`SELECT n FROM ${table} WHERE n = $1 FOR UPDATE`, [second]);
            return first;
          },
          { retry: true },
        );
      expect(await lastValue(forkJoin([both(1, 2), both(2, 1)]))).toEqual([1, 2]);
      expect(tries).toBe(3);
    });

    it('T8 is not for a transaction inside another one', async () => {
      const work = using(transaction(bench.pool), (tx) => inTransaction(tx, () => of(1), { retry: 1 }));
      expect(await rejection(lastValue(work))).toBeInstanceOf(TypeError);
    });
  });

  describe('T9 a connection that dies', () => {
    it('T9 ends the body at once, whatever that waits for, and settles every query in the line', async () => {
      const queries: Promise<unknown>[] = [];
      const torn: string[] = [];
      const work = using(transaction(bench.pool), (tx) => {
        for (const wait of [100, 0])
          queries.push(tx.query(`SELECT pg_sleep(${wait})`).catch((error: unknown) => error));
        return NEVER.pipe(tap({ unsubscribe: () => torn.push('body') }));
      });
      const failure = rejection(lastValue(work));
      await eventually('it runs', async () => (await bench.busy()) === 1);
      await bench.terminate(bench.clients.find(({ sent }) => sent.includes('BEGIN'))?.pid ?? 0);
      expect(await failure).toMatchObject({ code: 'RXSCOPE_LOST' });
      expect(torn).toEqual(['body']);
      expect(await Promise.all(queries)).toEqual([expect.any(Error), expect.any(Error)]);
      expect(bench.sent).not.toContain('ROLLBACK');
    });

    it('T9 before COMMIT is sent, while it waits for a query, is known to be a rollback', async () => {
      const work = using(transaction(bench.pool), (tx) => {
        tx.query('SELECT pg_sleep(60)').catch(() => undefined);
        return of('done');
      });
      const failed = rejection(lastValue(work));
      await eventually('it sleeps', async () => (await bench.busy()) === 1);
      await bench.terminate(bench.clients[0]?.pid ?? 0);
      expect(await failed).toMatchObject({ code: 'RXSCOPE_TRANSACTION_ABORTED' });
      expect(steps(bench.sent)).toEqual(['BEGIN']);
    });

    it('T9 between two queries ends it as well', async () => {
      const work = using(transaction(bench.pool), (tx) =>
        from(bench.terminate(tx.client.pid)).pipe(mergeMap(() => NEVER)),
      );
      expect(await rejection(lastValue(work))).toMatchObject({ code: 'RXSCOPE_LOST', cause: { code: '57P01' } });
    });
  });

  describe('T10 limits', () => {
    it('T10 statements', async () => {
      const slow = using(transaction(bench.pool, { statementTimeout: 5 }), (tx) => tx.query('SELECT pg_sleep(100)'));
      expect(await rejection(lastValue(slow))).toMatchObject({ code: '57014' });
    });

    it('T10 doing nothing', async () => {
      const idle = using(transaction(bench.pool, { idleTimeout: 5 }), () => NEVER);
      expect(await rejection(lastValue(idle))).toMatchObject({ code: 'RXSCOPE_LOST', cause: { code: '25P03' } });
    });

    it.each(['on a pool', 'on a connection that is held'])(
      'T10 the whole, told with the place in which it was opened: %s',
      async (place) => {
        const held = place === 'on a pool' ? null : await lease(bench.pool.lease);
        function theCulprit() {
          return lastValue(using(transaction(held?.value ?? bench.pool, { timeout: 5 }), () => NEVER));
        }
        const error = await rejection(theCulprit());
        expect(error).toMatchObject({ code: 'RXSCOPE_LOST', cause: { code: 'RXSCOPE_TRANSACTION_TIMEOUT' } });
        expect(((error as Error).cause as Error).stack).toContain('theCulprit');
        await held?.release();
        expect(steps(bench.sent)).toEqual(['BEGIN', 'ROLLBACK']);
      },
    );

    it('T10 of one do not outlive it', async () => {
      const one = await openBench(server(), { max: 1 });
      const show = 'SHOW statement_timeout';
      const inside = using(transaction(one.pool, { statementTimeout: 1234 }), (tx) => tx.query(show));
      const after = using(one.pool.lease, (client) => client.query(show));
      const both = await lastValue(
        concat(inside, after).pipe(
          mergeMap(({ rows: [row] }) => [row as unknown]),
          toArray(),
        ),
      );
      expect(both).toEqual([{ statement_timeout: '1234ms' }, { statement_timeout: '0' }]);
      await one.release();
    });
  });

  it('T11 nothing of a session is left to the next user', async () => {
    const one = await openBench(server(), { max: 1, reset: 'session' });
    await lastValue(
      using(one.pool.lease, async (client) => {
        await client.query("SET application_name = 'somebody'; SET search_path = nowhere");
        await client.query('CREATE TEMPORARY TABLE left_behind (n int)');
        await client.query('LISTEN left_behind; SELECT pg_advisory_lock(4711)');
        await client.query({ name: 'prepared', text: 'SELECT 1' });
      }),
      done,
    );
    const found = await lastValue(
      using(one.pool.lease, async (client) => {
        await client.query({ name: 'prepared', text: 'SELECT 1' }); // the client believes that it is there, and it is
        const { rows: all } = await client.query(`
          SELECT current_setting('application_name') AS name, current_setting('search_path') AS path,
            to_regclass('left_behind') AS table, (SELECT count(*)::int FROM pg_listening_channels()) AS channels,
            (SELECT count(*)::int FROM pg_locks WHERE locktype = 'advisory' AND pid = pg_backend_pid()) AS locks`);
        return all[0] as unknown;
      }),
    );
    expect(found).toEqual({ name: '', path: '"$user", public', table: null, channels: 0, locks: 0 });
    expect(one.pool.stats.created).toBe(1);
    await one.release();
  });
});
