import pg from 'pg';
import { concatMap, from, map, take, toArray } from 'rxjs';
import { connection } from '../../../lib/adapters/postgres/connection.js';
import { rows } from '../../../lib/adapters/postgres/rows.js';
import { Session } from '../../../lib/adapters/postgres/session.js';
import { transaction } from '../../../lib/adapters/postgres/transaction.js';
import { consume, lastValue, lease, pool, pull, toAsyncIterable, using, type Resource } from '../../../lib/index.js';
import { eventually } from '../../support/eventually.js';
import { rejection } from '../../support/rejection.js';
import { describeWithPostgres } from '../../support/services.js';
import { done, failed, hangUp, ready, row, scriptedServer, type Script } from './support/scripted-server.js';

interface N {
  readonly n: number;
}

/** A client, and what it was asked. */
interface Made {
  readonly client: pg.Client;
  readonly asked: string[];
}

/** A client that writes down what it is asked. */
function spied(config: pg.ClientConfig): Made {
  const client = new pg.Client(config);
  const asked: string[] = [];
  const { query } = client as unknown as { query: (this: pg.Client, ...args: unknown[]) => unknown };
  const spy = (...args: unknown[]): unknown => {
    const [text] = args;
    if (typeof text === 'string') asked.push(text.replace(/rxscope_rows_\d+/g, 'c').replace(/FOR .*/, 'FOR …'));
    return query.apply(client, args);
  };
  return { client: Object.assign(client, { query: spy as never }), asked };
}

describeWithPostgres('rows', (server) => {
  let sessions: Resource<pg.Client>;
  const made: Made[] = [];
  beforeAll(() => {
    sessions = connection(() => {
      const one = spied(server());
      made.push(one);
      return one.client;
    });
  });
  beforeEach(() => {
    made.length = 0;
  });
  const numbers = (count: number): string => `SELECT n FROM generate_series(1, ${String(count)}) n`;
  const asked = (): string[] => made.flatMap((one) => one.asked);

  it('emits every row, parsed, in order', async () => {
    const all = rows<N>(sessions, numbers(250));
    const seen = await lastValue(all.pipe(map(({ n }) => n), toArray())); // prettier-ignore
    expect(seen).toEqual(Array.from({ length: 250 }, (_, index) => index + 1));
    expect(asked()).toEqual([
      'BEGIN',
      'DECLARE c NO SCROLL CURSOR FOR …',
      ...Array<string>(3).fill('FETCH FORWARD 100 FROM c'),
      'COMMIT',
    ]);
  });

  it('hands parameters over as they are', async () => {
    const text =
      'SELECT $1::int + n AS sum, $2::text AS word, $3::jsonb AS json, $4::int[] AS list FROM generate_series(1, 2) n';
    const values = [10, `it's "quoted"; --`, { deep: [1] }, [1, 2]];
    const row = { word: values[1], json: { deep: [1] }, list: [1, 2] };
    expect(await lastValue(rows(sessions, text, values).pipe(toArray()))).toEqual([
      { sum: 11, ...row },
      { sum: 12, ...row },
    ]);
  });

  it.each([0, 1, 3, 4])('completes after %d rows, in batches of two', async (count) => {
    const all = rows<N>(sessions, numbers(count), [], { batchSize: 2 });
    expect(await lastValue(all.pipe(toArray()))).toHaveLength(count);
  });

  it('runs the query again for each subscription, and not before', async () => {
    const all = rows<N>(sessions, numbers(1));
    expect(made).toHaveLength(0);
    for (const round of [1, 2]) {
      expect(await lastValue(all)).toEqual({ n: 1 });
      expect(made).toHaveLength(round);
    }
  });

  describe('demand', () => {
    it('fetches the next batch only when a loop asks for a row of it', async () => {
      const fetches: number[] = [];
      for await (const { n } of rows<N>(sessions, numbers(100), [], { batchSize: 2 })) {
        fetches.push(asked().filter((text) => text.startsWith('FETCH')).length);
        if (n === 5) break;
      }
      expect(fetches).toEqual([1, 1, 2, 2, 3]);
      expect(asked().slice(-2)).toEqual(['FETCH FORWARD 2 FROM c', 'ROLLBACK']);
    });

    it('fetches as pull() has room', async () => {
      const fetches: number[] = [];
      const work = pull(rows<N>(sessions, numbers(6), [], { batchSize: 2 }), async ({ n }) => {
        await Promise.resolve();
        fetches.push(asked().filter((text) => text.startsWith('FETCH')).length);
        return n;
      });
      await lastValue(work);
      expect(fetches).toEqual([1, 1, 2, 2, 3, 3]);
    });

    it('fetches for toAsyncIterable() as that asks', async () => {
      const iterator = toAsyncIterable(rows<N>(sessions, numbers(6), [], { batchSize: 1 }))[Symbol.asyncIterator]();
      expect(made).toHaveLength(0);
      expect((await iterator.next()).value).toEqual({ n: 1 });
      expect(asked().filter((text) => text.startsWith('FETCH'))).toHaveLength(1);
      await iterator.return(undefined);
      expect(asked().at(-1)).toBe('ROLLBACK');
    });

    it('goes ahead by as many batches as it is told to', async () => {
      const iterator = rows<N>(sessions, numbers(100), [], { batchSize: 1, prefetch: 2 })[Symbol.asyncIterator]();
      await iterator.next();
      await eventually('two more are fetched', () => asked().filter((text) => text.startsWith('FETCH')).length === 3);
      await iterator.return(undefined);
      expect(asked().filter((text) => text.startsWith('FETCH'))).toHaveLength(3);
    });

    it('fetches no more when the consumer has enough', async () => {
      await lastValue(rows<N>(sessions, numbers(1000), [], { batchSize: 10 }).pipe(take(10)));
      expect(asked().filter((text) => text.startsWith('FETCH'))).toHaveLength(1);
    });
  });

  describe('left', () => {
    it('ends the transaction before the connection is given back', async () => {
      const lender = await lease(pool(sessions, { max: 1 }));
      await lastValue(rows<N>(lender.value, numbers(1000), [], { batchSize: 10 }).pipe(take(3)));
      await lastValue(
        using(lender.value.lease, async (client) => {
          expect(client.getTransactionStatus()).toBe('I');
          expect((await client.query('SELECT 1 AS n FROM pg_cursors')).rows).toEqual([]);
        }),
      );
      expect(made).toHaveLength(1);
      await lender.release();
    });

    it('cancels a FETCH that runs, and keeps the connection', async () => {
      const lender = await lease(pool(sessions, { max: 1 }));
      const slow = consume(rows(lender.value, 'SELECT pg_sleep(60) FROM generate_series(1, 3)', [], { batchSize: 1 }));
      await eventually('it is fetching', () => asked().includes('FETCH FORWARD 1 FROM c'));
      await slow.close();
      expect(asked().at(-1)).toBe('ROLLBACK');
      expect(await lastValue(rows<N>(lender.value, numbers(1)))).toEqual({ n: 1 });
      expect(made).toHaveLength(1);
      await lender.release();
    });

    it('leaves nothing behind when it is left while it connects', async () => {
      const consumption = consume(rows(sessions, numbers(1)));
      await consumption.close();
      expect(asked()).toEqual([]);
    });
  });

  describe('in a transaction that is there', () => {
    it('reads in that, and closes its cursor', async () => {
      const seen = using(transaction(sessions), (tx) =>
        from(tx.query('CREATE TEMPORARY TABLE t ON COMMIT DROP AS SELECT 7 AS n')).pipe(
          concatMap(() => rows<N>(tx, 'SELECT n FROM t')),
          concatMap(async (row) => [row, (await tx.query('SELECT name FROM pg_cursors')).rows.length]),
        ),
      );
      expect(await lastValue(seen)).toEqual([{ n: 7 }, 1]);
      expect(asked().filter((text) => /^(BEGIN|COMMIT|CLOSE)/.test(text))).toEqual(['BEGIN', 'CLOSE c', 'COMMIT']);
    });

    it('waits for a FETCH that runs, as cancelling would undo the transaction', async () => {
      await lastValue(
        using(transaction(sessions), async (tx) => {
          const text = 'SELECT pg_sleep(0.05) FROM generate_series(1, 3)';
          const left = consume(rows(tx, text, [], { batchSize: 1 }));
          await eventually('it is fetching', () => asked().includes('FETCH FORWARD 1 FROM c'));
          await left.close();
          expect((await tx.query('SELECT 1 AS one')).rows).toEqual([{ one: 1 }]);
        }),
      );
      expect(asked().filter((sent) => /^(FETCH|CLOSE)/.test(sent))).toEqual(['FETCH FORWARD 1 FROM c', 'CLOSE c']);
    });

    it('lets two be read at the same time', async () => {
      const pairs: number[][] = [];
      await lastValue(
        using(transaction(sessions), async (tx) => {
          const second = rows<N>(tx, numbers(4), [], { batchSize: 1 })[Symbol.asyncIterator]();
          for await (const { n } of rows<N>(tx, numbers(4), [], { batchSize: 1 })) {
            pairs.push([n, ((await second.next()).value as N).n]);
          }
          await second.return(undefined);
        }),
      );
      expect(pairs).toEqual([1, 2, 3, 4].map((n) => [n, n]));
    });

    it('takes a transaction that was begun by hand for one', async () => {
      await lastValue(
        using(sessions, async (client) => {
          await client.query('BEGIN');
          await lastValue(rows<N>(client, numbers(3)).pipe(take(1)));
          expect(client.getTransactionStatus()).toBe('T');
          await client.query('ROLLBACK');
        }),
      );
      expect(asked().filter((text) => /BEGIN|ROLLBACK|CLOSE/.test(text))).toEqual(['BEGIN', 'CLOSE c', 'ROLLBACK']);
    });

    it('finds out where the client does not tell of transactions', async () => {
      const silent = connection(() => {
        const one = spied(server());
        made.push(one);
        return Object.assign(one.client, { getTransactionStatus: undefined as never });
      });
      expect(await lastValue(rows<N>(silent, numbers(3)))).toEqual({ n: 3 });
      expect(asked().slice(0, 3)).toEqual([
        'DECLARE c NO SCROLL CURSOR FOR …',
        'BEGIN',
        'DECLARE c NO SCROLL CURSOR FOR …',
      ]);
    });
  });

  describe('on a client that stays', () => {
    it.each([true, false])(
      'keeps transactions off it while it reads, and no longer (told of them: %s)',
      async (isTold) => {
        const client = await lease(sessions);
        if (!isTold) Object.assign(client.value, { getTransactionStatus: undefined });
        for await (const { n } of rows<N>(client.value, numbers(2), [], { batchSize: 1 })) {
          const beside = await rejection(lease(transaction(client.value)));
          expect([n, beside]).toMatchObject([n, { code: 'RXSCOPE_TRANSACTION_STATE' }]);
        }
        await (await lease(transaction(client.value))).release();
        expect(asked().slice(-2)).toEqual(['BEGIN', 'COMMIT']);
        await client.release();
      },
    );
  });

  describe('failing', () => {
    it('leaves the transaction alone in which it reads', async () => {
      const client = await lease(sessions);
      await client.value.query('BEGIN');
      expect(await rejection(lastValue(rows(client.value, 'SELEC 1')))).toMatchObject({ code: '42601' });
      expect([client.value.getTransactionStatus(), asked()]).toEqual([
        'E',
        ['BEGIN', 'DECLARE c NO SCROLL CURSOR FOR …'],
      ]);
      await client.value.query('ROLLBACK');
      await client.release();
    });

    /** What became of reading from a server that gives these answers: in a transaction that was begun by hand, or not. */
    const readingFrom = (script: Script, isBegun: boolean): Promise<{ error: unknown; isGone: boolean }> =>
      lastValue(
        using(scriptedServer({ FETCH: [done('FETCH'), ready('T')], ...script }), async (config) => {
          const client = await lease(connection(() => new pg.Client(config)));
          if (isBegun) await client.value.query('BEGIN');
          const error: unknown = await lastValue(rows(client.value, 'SELECT'), { defaultValue: null }).catch(
            (reason: unknown) => reason,
          );
          const { isGone } = Session.of(client.value);
          await client.release().catch(() => undefined); // it may be lost
          return { error, isGone };
        }),
      );

    it('to end its transaction says so, and cuts the connection', async () => {
      const script = { COMMIT: [failed('XX000'), ready('T')] };
      expect(await readingFrom(script, false)).toMatchObject({ error: { code: 'XX000' }, isGone: true });
    });

    it('to read and then to roll back tells both', async () => {
      const script = { FETCH: [failed('22012'), ready('E')], ROLLBACK: [failed('XX000'), ready('E')] };
      expect(await readingFrom(script, false)).toMatchObject({
        error: { suppressed: { code: '22012' }, error: { code: 'XX000' } },
        isGone: true,
      });
    });

    it('to roll back tells who has left', async () => {
      const script = { FETCH: [row('n', '1'), done('FETCH 1'), ready('T')], ROLLBACK: [failed('XX000'), ready('T')] };
      const left = using(scriptedServer(script), async (config) => {
        const client = await lease(connection(() => new pg.Client(config)));
        const first = rows(client.value, 'SELECT', undefined, { batchSize: 1 }).pipe(take(1));
        const failure = await rejection(lastValue(first));
        await client.release().catch(() => undefined); // it is lost
        return failure;
      });
      expect(await lastValue(left)).toMatchObject({ code: 'XX000' });
    });

    it('to close its cursor says so, unless the connection has gone with it', async () => {
      const failing = { CLOSE: [failed('XX000'), ready('E')] };
      expect(await readingFrom(failing, true)).toMatchObject({ error: { code: 'XX000' }, isGone: false });
      expect(await readingFrom({ CLOSE: [hangUp] }, true)).toEqual({ error: null, isGone: true });
    });

    it('passes on what is wrong with the query, and leaves no transaction', async () => {
      await lastValue(
        using(sessions, async (client) => {
          expect(await rejection(lastValue(rows(client, 'SELEC 1')))).toMatchObject({ code: '42601' });
          expect(client.getTransactionStatus()).toBe('I');
        }),
      );
    });

    it('passes on an error in the middle after the rows before it', async () => {
      const seen: number[] = [];
      const text = 'SELECT n, 1 / (5 - n) FROM generate_series(1, 10) n';
      const failure = await rejection(
        lastValue(rows<N>(sessions, text, [], { batchSize: 2 }).pipe(map(({ n }) => seen.push(n)))),
      );
      expect(failure).toMatchObject({ code: '22012' });
      expect(seen).toEqual([1, 2, 3, 4]);
      expect(asked().at(-1)).toBe('ROLLBACK');
    });

    it('passes it on as it is in a transaction, which has failed then', async () => {
      const client = await lease(sessions);
      await client.value.query('BEGIN');
      const failure = await rejection(lastValue(rows(client.value, 'SELECT 1 / (n - 1) FROM generate_series(1, 1) n')));
      expect(failure).toMatchObject({ code: '22012' });
      expect(asked().at(-1)).toBe('CLOSE c');
      await client.value.query('ROLLBACK');
      await client.release();
    });

    it.each([
      ['in the middle', 10],
      ['after the last batch', 3],
    ])('fails with the loss of its connection when that is ended %s', async (_, count) => {
      const seen: number[] = [];
      const reading = async (): Promise<void> => {
        for await (const { n } of rows<N>(sessions, numbers(count), [], { batchSize: 2 })) {
          seen.push(n);
          if (n === 3) await kill(made[0]);
        }
      };
      expect(await rejection(reading())).toMatchObject({ code: 'RXSCOPE_LOST' });
      expect(seen).toEqual([1, 2, 3, 4].slice(0, count));
    });

    it('fails when the connection is ended while it fetches', async () => {
      const reading = lastValue(rows(sessions, 'SELECT pg_sleep(60)'));
      await eventually('it is fetching', () => asked().some((text) => text.startsWith('FETCH')));
      const killed = kill(made[0]);
      expect(await rejection(reading)).toMatchObject({ code: expect.stringMatching(/57P01|RXSCOPE_LOST/) as string });
      await killed;
    });

    it('says nothing of a connection that died where it is left', async () => {
      for await (const { n } of rows<N>(sessions, numbers(10), [], { batchSize: 2 })) {
        if (n === 1) await kill(made[0]);
        break;
      }
      expect(made).toHaveLength(2);
    });
  });

  it('holds a batch at a time of a result of any size', async () => {
    let count = 0;
    let most = 0;
    const text = `SELECT n, repeat('x', 200) AS text FROM generate_series(1, 300000) n`;
    const before = process.memoryUsage().heapUsed;
    for await (const row of rows(sessions, text, [], { batchSize: 1000 })) {
      if (row['n'] === 1 + count && ++count % 20_000 === 0)
        most = Math.max(most, process.memoryUsage().heapUsed - before);
    }
    expect(count).toBe(300_000);
    expect(most).toBeLessThan(100 * 1024 * 1024); // the rows together are several times that
  }, 60_000);

  const refused: readonly [string, () => unknown, new () => Error][] = [
    ['no query', () => rows(sessions, undefined as never), TypeError],
    ['no source', () => rows(null as never, 'SELECT 1'), TypeError],
    ['a pool of pg', () => rows(new pg.Pool() as never, 'SELECT 1'), TypeError],
    ['a batch of nothing', () => rows(sessions, 'SELECT 1', [], { batchSize: 0 }), RangeError],
    ['a batch of everything', () => rows(sessions, 'SELECT 1', [], { batchSize: Infinity }), RangeError],
    ['a prefetch that is no count', () => rows(sessions, 'SELECT 1', [], { prefetch: -1 }), RangeError],
    ['an option that there is none of', () => rows(sessions, 'SELECT 1', [], { batch: 5 } as never), TypeError],
  ];
  it.each(refused)('refuses %s', (_, call, error) => {
    expect(call).toThrow(error);
  });

  async function kill(one: Made | undefined): Promise<void> {
    const client = one?.client as pg.Client;
    const gone = new Promise((resolve) => client.once('end', resolve));
    const { processID } = client as unknown as { readonly processID: number };
    await lastValue(using(sessions, (other) => other.query('SELECT pg_terminate_backend($1)', [processID])));
    await gone;
  }
});
