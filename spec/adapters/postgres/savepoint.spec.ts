import { catchError, concat, forkJoin, from, mergeMap, NEVER, of, throwError } from 'rxjs';
import { transaction, type Transaction } from '../../../lib/adapters/postgres/index.js';
import { consume, lastValue, lease, using, type Lease, type Resource } from '../../../lib/index.js';
import { eventually } from '../../support/eventually.js';
import { rejection } from '../../support/rejection.js';
import { describeWithPostgres } from '../../support/services.js';
import { allIsBack, destroyed, openBench, steps, type Bench, type RecordingClient } from './support/sessions.js';

type Tx = Transaction<RecordingClient>;

const boom = new Error('boom');
const STATE = expect.objectContaining({ code: 'RXSCOPE_TRANSACTION_STATE' }) as unknown;

describeWithPostgres('a transaction in a transaction', (server) => {
  let bench: Bench;
  beforeEach(async () => {
    bench = await openBench(server());
  });
  afterEach(async () => {
    await allIsBack(bench);
    await bench.release();
  });
  const inTx = <R>(body: (tx: Tx) => Promise<R>): Promise<R> => lastValue(using(transaction(bench.pool), body));
  const undone = (n: number): string => `ROLLBACK TO SAVEPOINT rxscope_${n}; RELEASE SAVEPOINT rxscope_${n}`;

  it('goes as deep as one likes, each with a name of its own', async () => {
    const deep = (tx: Resource<Tx>, depth: number): ReturnType<typeof using> =>
      using(tx, (one) => (depth === 0 ? of(one.depth) : deep(transaction(one), depth - 1)));
    expect(await lastValue(deep(transaction(bench.pool), 5))).toBe(5);
    expect(new Set(bench.sent).size).toBe(12);
  });

  it('undone in the middle takes what is inside of it along', async () => {
    await inTx(async (tx) => {
      await tx.query('CREATE TEMPORARY TABLE t (n int) ON COMMIT DROP');
      const middle = using(transaction(tx), (outer) =>
        concat(
          using(transaction(outer), (inner) => inner.query('INSERT INTO t VALUES (1)')),
          throwError(() => boom),
        ),
      );
      expect(await rejection(lastValue(middle))).toBe(boom);
      expect((await tx.query('SELECT * FROM t')).rows).toEqual([]);
    });
  });

  it('that is left is undone, and the outer one goes on', async () => {
    await inTx(async (tx) => {
      let entered = 0;
      const left = consume(
        using(transaction(tx), () => {
          entered += 1;
          return NEVER;
        }),
      );
      await eventually('it is entered', () => entered === 1);
      await left.close();
      await tx.query('SELECT 1');
    });
    expect(steps(bench.sent)).toEqual(['BEGIN', 'SAVEPOINT rxscope_1', undone(1), 'COMMIT']);
  });

  it('that is left while it begins is undone as well', async () => {
    await inTx(async (tx) => {
      const left = consume(transaction(tx));
      expect(steps(bench.sent)).toEqual(['BEGIN', 'SAVEPOINT rxscope_1']);
      await left.close();
    });
    expect(steps(bench.sent)).toEqual(['BEGIN', 'SAVEPOINT rxscope_1', undone(1), 'COMMIT']);
  });

  it('that is left while its query runs has it cancelled, and the outer one goes on', async () => {
    await inTx(async (tx) => {
      const left = consume(using(transaction(tx), (inner) => inner.query('SELECT pg_sleep(100)')));
      await eventually('it runs', async () => bench.sent.length === 3 && (await bench.busy()) === 1);
      await left.close();
      await tx.query('SELECT 1');
    });
    expect([steps(bench.sent), destroyed(bench)]).toEqual([['BEGIN', 'SAVEPOINT rxscope_1', undone(1), 'COMMIT'], 0]);
  });

  it('that waits for its turn may leave, and the next one gets it', async () => {
    await inTx(async (tx) => {
      const first = await lease(transaction(tx));
      const second = consume(transaction(tx));
      const third = lease(transaction(tx));
      await second.close();
      await first.release();
      await (await third).release();
    });
    expect(steps(bench.sent).filter((step) => step.startsWith('SAVEPOINT'))).toHaveLength(2);
  });

  it('begun in the same place by somebody inside of it would wait for itself: that is an error', async () => {
    const work = using(transaction(bench.pool), (tx) =>
      using(transaction(tx), () => using(transaction(tx), () => of(1))),
    );
    expect(await rejection(lastValue(work))).toMatchObject({ code: 'RXSCOPE_DEADLOCK' });
  });

  it('refused for another one in the same place leaves that alone', async () => {
    const work = using(transaction(bench.pool, { siblings: 'refuse' }), (tx) =>
      forkJoin([
        using(transaction(tx), (inner) => from(inner.query('SELECT 1')).pipe(mergeMap(() => of('first')))),
        using(transaction(tx), () => of('second')).pipe(catchError(() => of('refused'))),
      ]),
    );
    expect(await lastValue(work)).toEqual(['first', 'refused']);
  });

  it('cannot be begun where a statement has failed, and that error passes', async () => {
    const work = inTx(async (tx) => {
      await rejection(tx.query('SELECT 1/0'));
      await lastValue(using(transaction(tx), () => of(1)));
    });
    expect(await rejection(work)).toMatchObject({ code: '25P02' });
    expect(steps(bench.sent)).toEqual(['BEGIN', 'SAVEPOINT rxscope_1', 'ROLLBACK']);
  });

  it('is over with the one around it', async () => {
    const outer = await lease(transaction(bench.pool));
    const held = await lease(transaction(outer.value));
    const inner: Tx = held.value;
    await outer.release({ kind: 'unsubscribe' });
    expect(await rejection(inner.query('SELECT 1'))).toEqual(STATE);
    await held.release({ kind: 'unsubscribe' });
    expect([inner.state, steps(bench.sent)]).toEqual(['rolled back', ['BEGIN', 'SAVEPOINT rxscope_1', 'ROLLBACK']]);
  });

  it('forgotten in another one is undone with that, and the outer one goes on', async () => {
    await inTx(async (tx) => {
      const forgotten: Lease<Tx>[] = [];
      const middle = using(transaction(tx), async (inner) => {
        forgotten.push(await lease(transaction(inner)));
      });
      expect(await rejection(lastValue(middle, { defaultValue: undefined }))).toEqual(STATE);
      for (const held of forgotten) {
        await held.release({ kind: 'unsubscribe' });
        expect(held.value.state).toBe('rolled back');
      }
      await tx.query('SELECT 1');
    });
    expect(steps(bench.sent)).toEqual(['BEGIN', 'SAVEPOINT rxscope_1', 'SAVEPOINT rxscope_2', undone(1), 'COMMIT']);
    expect(destroyed(bench)).toBe(0);
  });

  it('may have a limit of its own', async () => {
    await inTx(async (tx) => {
      const slow = using(transaction(tx, { timeout: 5 }), () => NEVER);
      expect(await rejection(lastValue(slow))).toMatchObject({ cause: { code: 'RXSCOPE_TRANSACTION_TIMEOUT' } });
      await tx.query('SELECT 1');
    });
    expect(steps(bench.sent).at(-1)).toBe('COMMIT');
  });

  it('dies with the connection, and nothing is sent any more', async () => {
    const work = using(transaction(bench.pool), (tx) =>
      using(transaction(tx), (inner) => from(bench.terminate(inner.client.pid)).pipe(mergeMap(() => NEVER))),
    );
    expect(await rejection(lastValue(work))).toMatchObject({ code: 'RXSCOPE_LOST' });
    expect(steps(bench.sent)).toEqual(['BEGIN', 'SAVEPOINT rxscope_1']);
  });
});
