import { asyncScheduler, concat, defer, from, mergeMap, NEVER, of, throwError, type SchedulerLike } from 'rxjs';
import {
  inTransaction,
  pgPool,
  transaction,
  type PgPoolOptions,
  type Transaction,
  type TransactionOptions,
} from '../../../lib/adapters/postgres/index.js';
import { consume, lastValue, lease, settled, using } from '../../../lib/index.js';
import { eventually } from '../../support/eventually.js';
import { reported } from '../../support/journal.js';
import { rejection } from '../../support/rejection.js';
import { describeWithOurPostgres } from '../../support/services.js';
import { tcpProxy, type TcpProxy } from '../../support/tcp-proxy.js';
import { allIsBack, destroyed, openBench, steps, RecordingClient, tableName, type Bench } from './support/sessions.js';

type Tx = Transaction<RecordingClient>;

const boom = new Error('boom');

const pidOf = ({ clients }: Bench): number => clients[0]?.pid ?? 0;
const LOST = expect.objectContaining({ code: 'RXSCOPE_LOST' }) as unknown;

describeWithOurPostgres('a transaction, when things break', (server) => {
  const table = tableName();
  const insert = (tx: Tx, n: number) => tx.query(`INSERT INTO ${table} VALUES ($1)`, [n]);
  const rows = async (bench: Bench): Promise<number[]> => {
    const answer = await bench.observer.query<{ n: number }>(`SELECT n FROM ${table} ORDER BY n`);
    return answer.rows.map(({ n }) => n);
  };
  /** The pool goes through a proxy, who looks on does not. */
  const withBench = (
    test: (bench: Bench, proxy: TcpProxy) => Promise<void>,
    options: PgPoolOptions<RecordingClient> = {},
  ): Promise<unknown> =>
    lastValue(
      using(tcpProxy({ path: server().socket }), async (proxy) => {
        const { config } = server();
        const bench = await openBench({ ...config, host: proxy.host, port: proxy.port }, options, config);
        try {
          await bench.observer.query(`CREATE TABLE ${table} (n int)`);
          await test(bench, proxy);
          proxy.resume();
          await allIsBack(bench);
        } finally {
          proxy.resume();
          await bench.observer.query(`DROP TABLE ${table}`);
          await bench.release();
        }
      }),
    );
  const inserting = (bench: Bench, options: TransactionOptions = {}, then: () => unknown = () => of('done')) =>
    using(transaction(bench.pool, options), (tx) =>
      concat(
        defer(() => insert(tx, 1)),
        defer(() => then() as never),
      ),
    );

  describe('the answer to COMMIT is lost', () => {
    it('says that the outcome is unknown, and it is committed', () =>
      withBench(async (bench, proxy) => {
        const lost = proxy.loseAnswerTo('COMMIT');
        const error = await rejection(lastValue(inserting(bench)));
        expect(error).toMatchObject({
          code: 'RXSCOPE_TRANSACTION_OUTCOME_UNKNOWN',
          cause: expect.any(Error) as unknown,
        });
        await lost;
        expect(await rows(bench)).toEqual([1]);
        expect(steps(bench.sent)).toEqual(['BEGIN', 'COMMIT']);
      }));

    it('is never tried again, even where that is asked for whatever the error', () =>
      withBench(async (bench, proxy) => {
        let tries = 0;
        void proxy.loseAnswerTo('COMMIT');
        const body = (tx: Tx) => {
          tries += 1;
          return insert(tx, 1);
        };
        const error = await rejection(lastValue(inTransaction(bench.pool, body, { retry: { when: () => true } })));
        expect(error).toMatchObject({ code: 'RXSCOPE_TRANSACTION_OUTCOME_UNKNOWN' });
        expect([tries, await rows(bench)]).toEqual([1, [1]]);
      }));

    it('is waited for without a limit, or with one, and destroys the connection', () =>
      withBench(async (bench, proxy) => {
        void proxy.loseAnswerTo('COMMIT', { keep: true });
        const error = await rejection(lastValue(inserting(bench, { commitTimeout: 20 })));
        expect(error).toMatchObject({ code: 'RXSCOPE_TRANSACTION_OUTCOME_UNKNOWN' });
        expect(await rows(bench)).toEqual([1]);
        await eventually('it is destroyed', () => destroyed(bench) === 1);
      }));

    it('tells who has left as well, as an unhandled error if nobody waits', () =>
      withBench(async (bench, proxy) => {
        const lost = proxy.loseAnswerTo('COMMIT');
        const left = inserting(bench).subscribe();
        await eventually('COMMIT was sent', () => bench.sent.includes('COMMIT'));
        left.unsubscribe();
        await lost;
        await settled();
        expect(await reported()).toEqual(['TransactionOutcomeUnknownError']);
      }));
  });

  it('BEGIN is not answered: the error passes, nothing is sent, and the connection is destroyed', () =>
    withBench(async (bench, proxy) => {
      void proxy.loseAnswerTo('BEGIN');
      expect(await rejection(lastValue(inserting(bench)))).toBeInstanceOf(Error);
      expect(steps(bench.sent)).toEqual(['BEGIN']);
      expect(await lastValue(inserting(bench))).toBe('done');
      expect(await rows(bench)).toEqual([1]);
    }));

  it('BEGIN is not answered, and the consumer leaves: the connection is cut after rollbackTimeout', () =>
    withBench(async (bench, proxy) => {
      void proxy.loseAnswerTo('BEGIN', { keep: true });
      const delays: number[] = [];
      const schedule: SchedulerLike['schedule'] = (work, delay, state) => {
        delays.push(delay ?? 0);
        return asyncScheduler.schedule(work as never, delay, state);
      };
      const scheduler: SchedulerLike = { now: () => asyncScheduler.now(), schedule };
      const left = consume(inserting(bench, { rollbackTimeout: 20, scheduler }));
      await eventually('BEGIN was sent', () => bench.sent.includes('BEGIN'));
      await left.close();
      await eventually('it is destroyed', () => destroyed(bench) === 1);
      expect(steps(bench.sent)).toEqual(['BEGIN']);
      expect(delays).toEqual([20]);
    }));

  it('the answer to ROLLBACK is lost: the original error passes, and the connection is destroyed', () =>
    withBench(async (bench, proxy) => {
      void proxy.loseAnswerTo('ROLLBACK');
      expect(await rejection(lastValue(inserting(bench, {}, () => throwError(() => boom))))).toBe(boom);
      await eventually('it is destroyed', () => destroyed(bench) === 1);
      expect(await rows(bench)).toEqual([]);
    }));

  it('ROLLBACK is not answered in time: that is attached to the original error, and the connection is destroyed', () =>
    withBench(async (bench, proxy) => {
      void proxy.loseAnswerTo('ROLLBACK', { keep: true });
      const failing = inserting(bench, { rollbackTimeout: 20 }, () => throwError(() => boom));
      const error = await rejection(lastValue(failing));
      expect(error).toMatchObject({ suppressed: boom, error: { code: 'RXSCOPE_TRANSACTION_ROLLBACK' } });
      await eventually('it is destroyed', () => destroyed(bench) === 1);
    }));

  it('ROLLBACK is not answered in time after leaving: told to who waits', () =>
    withBench(async (bench, proxy) => {
      const left = consume(inserting(bench, { rollbackTimeout: 20 }, () => NEVER));
      await eventually('it is inserted', async () => (await bench.busy()) === 1 && bench.sent.length === 2);
      proxy.silence();
      expect(await rejection(left.close())).toMatchObject({ code: 'RXSCOPE_TRANSACTION_ROLLBACK' });
      await eventually('it is destroyed', () => destroyed(bench) === 1);
      proxy.cut();
    }));

  it('the network breaks between two queries: lost, and rolled back by the server', () =>
    withBench(async (bench, proxy) => {
      const cut = inserting(bench, {}, () => {
        proxy.cut();
        return NEVER;
      });
      expect(await rejection(lastValue(cut))).toEqual(LOST);
      expect(steps(bench.sent)).toEqual(['BEGIN']);
      expect(await rows(bench)).toEqual([]);
    }));

  it('the network breaks in the tick in which the body completes: not committed, and that is an error', () =>
    withBench(async (bench) => {
      const ending = using(transaction(bench.pool), async (tx) => {
        await insert(tx, 1);
        tx.client.connection.stream.destroy();
        tx.client.emit('error', boom);
        return 'done';
      });
      const error = await rejection(lastValue(ending));
      expect((error as { code: string }).code).toMatch(/^RXSCOPE_(LOST|TRANSACTION_ABORTED)$/);
      expect(await rows(bench)).toEqual([]);
    }));

  describe('a session that is frozen', () => {
    it('is destroyed after rollbackTimeout when the transaction is left, and has nothing open when it thaws', () =>
      withBench(async (bench) => {
        let pid = 0;
        const left = consume(
          using(transaction(bench.pool, { rollbackTimeout: 30 }), (tx) => {
            pid = tx.client.pid;
            return from(insert(tx, 1)).pipe(mergeMap(() => NEVER));
          }),
        );
        await eventually('it is inserted', () => bench.sent.length === 2);
        await eventually('it is idle in transaction', async () => (await bench.busy()) === 1);
        process.kill(pid, 'SIGSTOP');
        try {
          expect(await rejection(left.close())).toMatchObject({ code: 'RXSCOPE_TRANSACTION_ROLLBACK' });
          expect(await lastValue(using(transaction(bench.pool), (tx) => insert(tx, 2)))).toMatchObject({ rowCount: 1 });
        } finally {
          process.kill(pid, 'SIGCONT');
        }
        await allIsBack(bench);
        expect(await rows(bench)).toEqual([2]);
      }));

    it('in the middle of a query is left the same way', () =>
      withBench(async (bench) => {
        let pid = 0;
        const left = consume(
          using(transaction(bench.pool, { rollbackTimeout: 30 }), (tx) => {
            pid = tx.client.pid;
            return tx.query('SELECT pg_sleep(100)');
          }),
        );
        await eventually('it runs', async () => bench.sent.length === 2 && (await bench.busy()) === 1);
        process.kill(pid, 'SIGSTOP');
        try {
          expect(await rejection(left.close())).toMatchObject({ code: 'RXSCOPE_TRANSACTION_ROLLBACK' });
        } finally {
          process.kill(pid, 'SIGCONT');
        }
        await allIsBack(bench);
      }));
  });

  describe('a query that runs when the transaction is left', () => {
    const leaving = async (bench: Bench, options: TransactionOptions) => {
      const left = consume(using(transaction(bench.pool, options), (tx) => tx.query('SELECT pg_sleep($1)', [seconds])));
      await eventually('it runs', async () => bench.sent.length === 2 && (await bench.busy()) === 1);
      await left.close();
      return [steps(bench.sent), destroyed(bench), await bench.busy()];
    };
    let seconds: number;

    it('is cancelled by default, and the connection is used again', () =>
      withBench(async (bench) => {
        seconds = 100;
        expect(await leaving(bench, {})).toEqual([['BEGIN', 'ROLLBACK'], 0, 0]);
      }));

    it('is waited for', () =>
      withBench(async (bench) => {
        seconds = 0.05;
        expect(await leaving(bench, { abort: 'wait' })).toEqual([['BEGIN', 'ROLLBACK'], 0, 0]);
      }));

    it('is waited for no longer than rollbackTimeout', () =>
      withBench(async (bench) => {
        seconds = 100;
        const options = { abort: 'wait', rollbackTimeout: 20 } as const;
        expect(await rejection(leaving(bench, options))).toMatchObject({ code: 'RXSCOPE_TRANSACTION_ROLLBACK' });
        await eventually('it is destroyed', () => destroyed(bench) === 1);
        await bench.terminate(pidOf(bench)); // nobody has told the server
      }));

    it('is cut off with its connection, and the server gives it up', () =>
      withBench(async (bench) => {
        seconds = 100;
        const [sent] = await leaving(bench, { abort: 'destroy' });
        expect(sent).toEqual(['BEGIN']);
        await eventually('it is destroyed', () => destroyed(bench) === 1);
        expect(await eventually('the server has noticed', async () => (await bench.busy()) === 0)).toBe(true);
      }));
  });

  describe('sessions that the server ends', () => {
    it('while unused are replaced', () =>
      withBench(async (bench) => {
        await lastValue(inserting(bench));
        await bench.terminate(pidOf(bench));
        await eventually('it is gone', () => destroyed(bench) === 1);
        expect(await lastValue(inserting(bench))).toBe('done');
      }));

    it('all of them, and the server comes up again: the same pool goes on', async () => {
      const { config } = server();
      const pool = await lease(pgPool(() => new RecordingClient(config), { max: 2, acquireTimeout: 200 }));
      const held = rejection(
        lastValue(
          using(transaction(pool.value), (tx) => {
            process.kill(tx.client.pid, 'SIGKILL'); // the server takes that for a crash, and starts over
            return NEVER;
          }),
        ),
      );
      expect(await held).toEqual(LOST);
      const select = using(transaction(pool.value), (tx) => tx.query<{ n: number }>('SELECT 1 AS n'));
      const found = await eventually('it is up again', () => lastValue(select).catch(() => null));
      expect(found?.rows).toEqual([{ n: 1 }]);
      await pool.release();
    });
  });
});
