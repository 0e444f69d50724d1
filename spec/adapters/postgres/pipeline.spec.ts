import pg, { type ClientConfig } from 'pg';
import { from, mergeMap, NEVER, of, take, throwError, toArray, type ObservableInput } from 'rxjs';
import {
  advisoryLock,
  connection,
  listen,
  notify,
  rows,
  transaction,
  type PgPoolOptions,
  type Transaction,
  type TransactionOptions,
} from '../../../lib/adapters/postgres/index.js';
import { consume, lastValue, lease, using, type Consumption } from '../../../lib/index.js';
import { eventually } from '../../support/eventually.js';
import { rejection } from '../../support/rejection.js';
import { describeWithOurPostgres } from '../../support/services.js';
import { allIsBack, destroyed, openBench, RecordingClient, steps, tableName, type Bench } from './support/sessions.js';

type Tx = Transaction<RecordingClient>;

const boom = new Error('boom');
const SLEEP = 'SELECT pg_sleep(100)';

/** Clients that send each query at once, whatever has not been answered. */
describeWithOurPostgres('a client that pipelines', (server) => {
  const table = tableName();
  let config: ClientConfig;
  let bench: Bench;
  const open = async (options: PgPoolOptions<RecordingClient> = {}): Promise<Bench> => {
    bench = await openBench(config, { max: 1, ...options }, server().config);
    return bench;
  };
  beforeEach(async () => {
    config = { ...server().config, pipeline: true };
    await open();
    await bench.observer.query(`CREATE TABLE ${table} (n int)`);
  });
  afterEach(async () => {
    await allIsBack(bench);
    await bench.observer.query(`DROP TABLE ${table}`);
    await bench.release();
  });

  const insert = (n: number): string => `INSERT INTO ${table} VALUES (${String(n)})`;
  const kept = async (): Promise<number[]> => {
    const answer = await bench.observer.query<{ n: number }>(`SELECT n FROM ${table} ORDER BY n`);
    return answer.rows.map(({ n }) => n);
  };
  /** Sends them all at once. What they fail with is told to who asks. */
  const sendAll = (client: Pick<RecordingClient, 'query'>, texts: readonly string[]): Promise<string[]> =>
    Promise.all(
      texts.map((text) =>
        client.query(text).then(
          ({ command }) => command,
          (error: unknown) => (error as { readonly code: string }).code,
        ),
      ),
    );
  const inTx = <R>(body: (tx: Tx) => ObservableInput<R>, options: TransactionOptions = {}) =>
    using(transaction(bench.pool, options), body);
  const sleeps = (): Promise<boolean> =>
    eventually('it sleeps', async () => {
      const found = "SELECT 1 FROM pg_stat_activity WHERE query = $1 AND state = 'active'";
      return (await bench.observer.query(found, [SLEEP])).rowCount === 1;
    });

  it('commits what nobody has waited for', async () => {
    await lastValue(
      inTx((tx) => {
        void sendAll(tx, [1, 2, 3].map(insert));
        return of('done');
      }),
    );
    expect([await kept(), steps(bench.sent)]).toEqual([
      [1, 2, 3],
      ['BEGIN', 'COMMIT'],
    ]);
  });

  it('rolls back where a statement has failed and its error was caught, and those behind it fail with it', async () => {
    let answers: string[] = [];
    const work = inTx(async (tx) => {
      answers = await sendAll(tx, [insert(1), 'SELECT 1/0', insert(2)]);
    });
    const failure = await rejection(lastValue(work, { defaultValue: undefined }));
    expect(failure).toMatchObject({ code: 'RXSCOPE_TRANSACTION_ABORTED', cause: { code: '22012' } });
    expect([answers, await kept(), destroyed(bench)]).toEqual([['INSERT', '22012', '25P02'], [], 0]);
  });

  describe('left with several queries under way', () => {
    const leaving = async (options: TransactionOptions, texts: readonly string[]): Promise<readonly string[]> => {
      let answers: Promise<string[]> | undefined;
      const left = consume(
        inTx((tx) => {
          answers = sendAll(tx, texts);
          return NEVER;
        }, options),
      );
      await eventually('all are sent', () => bench.sent.length === texts.length + 1);
      if (texts.includes(SLEEP)) await sleeps();
      await left.close();
      return (await answers) as string[];
    };

    it('has the one that runs cancelled, and rolls back', async () => {
      const answers = await leaving({}, [insert(1), SLEEP, insert(2), SLEEP]);
      expect(answers).toEqual(['INSERT', '57014', '25P02', '25P02']);
      expect([await kept(), steps(bench.sent), destroyed(bench)]).toEqual([[], ['BEGIN', 'ROLLBACK'], 0]);
    });

    it('waits for all of them, and rolls back', async () => {
      const answers = await leaving({ abort: 'wait' }, [insert(1), 'SELECT pg_sleep(0.02)', insert(2)]);
      expect(answers).toEqual(['INSERT', 'SELECT', 'INSERT']);
      expect([await kept(), steps(bench.sent), destroyed(bench)]).toEqual([[], ['BEGIN', 'ROLLBACK'], 0]);
    });

    it('cuts the connection, and none of them counts', async () => {
      const answers = await leaving({ abort: 'destroy' }, [insert(1), SLEEP, insert(2)]);
      expect(answers.slice(1)).not.toContain('INSERT');
      await eventually('it is destroyed', () => destroyed(bench) === 1);
      expect([await kept(), steps(bench.sent)]).toEqual([[], ['BEGIN']]);
    });
  });

  it('fails with the loss of the connection, and settles every query', async () => {
    let answers: Promise<string[]> | undefined;
    const work = inTx((tx) => {
      answers = sendAll(tx, [insert(1), SLEEP, insert(2)]);
      return NEVER;
    });
    const failure = rejection(lastValue(work));
    await sleeps();
    await bench.terminate(bench.clients[0]?.pid ?? 0);
    expect(await failure).toMatchObject({ code: 'RXSCOPE_LOST' });
    expect((await answers)?.map((answer) => answer === 'INSERT')).toEqual([true, false, false]);
    expect([await kept(), steps(bench.sent)]).toEqual([[], ['BEGIN']]);
  });

  it('undoes a nested transaction alone, failed or left, with several queries under way', async () => {
    const answers: Promise<string[]>[] = [];
    await lastValue(
      inTx(async (tx) => {
        void sendAll(tx, [insert(1)]); // in front of SAVEPOINT
        const nested = using(transaction(tx), async (inner) => {
          answers.push(sendAll(inner, [insert(2), 'SELECT 1/0', insert(3)]));
        });
        expect(await rejection(lastValue(nested, { defaultValue: undefined }))).toMatchObject({
          code: 'RXSCOPE_TRANSACTION_ABORTED',
        });
        const left = consume(
          using(transaction(tx), (inner) => {
            answers.push(sendAll(inner, [insert(4), SLEEP, SLEEP]));
            return NEVER;
          }),
        );
        await sleeps();
        await left.close();
        await Promise.all([tx.query(insert(5)), tx.query(insert(6))]);
      }),
      { defaultValue: undefined },
    );
    expect(await Promise.all(answers)).toEqual([
      ['INSERT', '22012', '25P02'],
      ['INSERT', '57014', '25P02'],
    ]);
    expect([await kept(), destroyed(bench)]).toEqual([[1, 5, 6], 0]);
  });

  it('reads rows as they are asked for, two cursors at a time, among other queries', async () => {
    const text = 'SELECT n FROM generate_series(1, 100) n';
    const read = (tx: Tx) => rows<{ n: number }>(tx, text, [], { batchSize: 2 })[Symbol.asyncIterator]();
    const seen = await lastValue(
      inTx(async (tx) => {
        const [one, two] = [read(tx), read(tx)] as const;
        const found: unknown[] = [];
        for (let step = 0; step < 3; step++) {
          const [a, { command }, b] = await Promise.all([one.next(), tx.query(insert(step)), two.next()]);
          found.push([a.value, command, b.value]);
        }
        await Promise.all([one.return(undefined), two.return(undefined)]);
        return found;
      }),
    );
    expect(seen).toEqual([1, 2, 3].map((n) => [{ n }, 'INSERT', { n }]));
    expect(bench.sent.filter((sent) => sent.startsWith('FETCH'))).toHaveLength(4);
    const alone = rows<{ n: number }>(bench.pool, text, [], { batchSize: 1 }).pipe(take(2), toArray());
    expect(await lastValue(alone)).toEqual([{ n: 1 }, { n: 2 }]);
    expect([steps(bench.sent), await kept()]).toEqual([
      ['BEGIN', 'COMMIT', 'BEGIN', 'ROLLBACK'],
      [0, 1, 2],
    ]);
  });

  it('cancels the wait for an advisory lock, and not what was sent before', async () => {
    const first = await lease(
      advisoryLock(
        connection(() => new pg.Client(config)),
        table,
      ),
    );
    const client = await lease(bench.pool.lease);
    const before = sendAll(client.value, ['SELECT pg_sleep(0.02)', insert(1)]);
    const waiting = consume(advisoryLock(client.value, table));
    await eventually('it waits', async () => {
      const { rowCount } = await bench.observer.query(
        "SELECT 1 FROM pg_locks WHERE locktype = 'advisory' AND NOT granted",
      );
      return rowCount === 1;
    });
    await waiting.close();
    expect(await before).toEqual(['SELECT', 'INSERT']);
    expect(await rejection(lease(advisoryLock(client.value, table, { acquireTimeout: 0 })))).toMatchObject({
      code: 'RXSCOPE_LOCK_NOT_ACQUIRED',
    });
    await first.release();
    const second = await lease(advisoryLock(client.value, table, { fencing: false }));
    expect(await sendAll(second.value.client, [insert(2), 'SELECT 1'])).toEqual(['INSERT', 'SELECT']);
    await second.release();
    await client.release();
    expect(await kept()).toEqual([1, 2]);
  });

  it('takes the lock of a transaction, and leaves that usable where it is not to be had', async () => {
    const first = await lease(
      advisoryLock(
        connection(() => new pg.Client(config)),
        table,
      ),
    );
    await lastValue(
      inTx(async (tx) => {
        const before = sendAll(tx, [insert(1), 'SELECT pg_sleep(0.02)']);
        const level = { level: 'transaction', acquireTimeout: 10 } as const;
        expect(await rejection(lease(advisoryLock(tx, table, level)))).toMatchObject({
          code: 'RXSCOPE_LOCK_NOT_ACQUIRED',
        });
        expect(await before).toEqual(['INSERT', 'SELECT']);
        await first.release();
        await (await lease(advisoryLock(tx, table, level))).release();
        await tx.query(insert(2));
      }),
      { defaultValue: undefined },
    );
    expect(await kept()).toEqual([1, 2]);
  });

  it('is heard on, and by nobody when it is given back', async () => {
    const heard = consume(
      listen(bench.pool, table, { markers: true }).pipe(
        mergeMap(async (message) => {
          if (message.kind === 'listening') {
            await Promise.all(['a', 'b'].map((payload) => notify(bench.observer, table, payload)));
          }
          return message.kind === 'listening' ? '' : message.payload;
        }),
        take(3),
        toArray(),
      ),
      (words) => {
        expect(words.sort()).toEqual(['', 'a', 'b']);
      },
    );
    await heard.done;
    const channels = using(bench.pool.lease, (client) => client.query('SELECT pg_listening_channels()'));
    expect((await lastValue(channels)).rows).toEqual([]);
  });

  describe('that comes back to a pool', () => {
    const comeBack = (body: (client: RecordingClient) => unknown): Consumption =>
      consume(using(bench.pool.lease, (client) => from([body(client)])));

    it('is reset behind what it was sent', async () => {
      await bench.release();
      await open({ reset: 'session', settleTimeout: Infinity });
      let answers: Promise<string[]> | undefined;
      await comeBack((client) => {
        answers = sendAll(client, ["SET application_name = 'left'", 'SELECT pg_sleep(0.02)', 'SELECT 1/0', insert(1)]);
      }).done;
      const show = using(bench.pool.lease, (client) => client.query('SHOW application_name'));
      expect((await lastValue(show)).rows).toEqual([{ application_name: '' }]);
      expect(await answers).toEqual(['SET', 'SELECT', '22012', 'INSERT']);
      expect([await kept(), destroyed(bench)]).toEqual([[1], 0]);
    });

    it('with queries that run for too long is destroyed, and they are cancelled', async () => {
      await bench.release();
      await open({ settleTimeout: 5, endTimeout: 10_000 });
      let answers: Promise<string[]> | undefined;
      await comeBack((client) => {
        answers = sendAll(client, [SLEEP, SLEEP]);
      }).done;
      await eventually('it is destroyed', () => destroyed(bench) === 1);
      expect(await answers).toEqual(['57014', '57014']);
    });

    it('in a transaction is destroyed', async () => {
      await comeBack((client) => {
        void sendAll(client, ['BEGIN', insert(1)]);
      }).done;
      await eventually('it is destroyed', () => destroyed(bench) === 1);
      expect(await kept()).toEqual([]);
    });
  });

  it('refuses what needs a portal of its own, as the client says it, and the transaction goes on', async () => {
    await lastValue(
      inTx(async (tx) => {
        const refused = await rejection(tx.query({ text: 'SELECT 1', rows: 1 } as never));
        expect(refused).toMatchObject({ message: 'The `rows` option is not supported in pipeline mode' });
        await tx.query(insert(1));
      }),
      { defaultValue: undefined },
    );
    expect(await kept()).toEqual([1]);
  });

  it('passes on what the body fails with, whatever is under way', async () => {
    const work = inTx((tx) => {
      void sendAll(tx, [insert(1), 'SELECT 1/0', insert(2)]);
      return throwError(() => boom);
    });
    expect(await rejection(lastValue(work))).toBe(boom);
    expect([await kept(), steps(bench.sent)]).toEqual([[], ['BEGIN', 'ROLLBACK']]);
  });
});
