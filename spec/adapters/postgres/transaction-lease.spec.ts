import { leaseTransaction } from '../../../lib/adapters/postgres/index.js';
import { lastValue, using } from '../../../lib/index.js';
import { transaction } from '../../../lib/adapters/postgres/index.js';
import { eventually } from '../../support/eventually.js';
import { rejection } from '../../support/rejection.js';
import { describeWithPostgres } from '../../support/services.js';
import { allIsBack, openBench, steps, type Bench } from './support/sessions.js';

describeWithPostgres('leaseTransaction', (server) => {
  let bench: Bench;
  beforeEach(async () => {
    bench = await openBench(server());
  });
  afterEach(async () => {
    await allIsBack(bench);
    await bench.release();
  });
  const STATE = expect.objectContaining({ code: 'RXSCOPE_TRANSACTION_STATE' }) as unknown;

  it('is rolled back at the end of its block, unless it was committed', async () => {
    {
      await using held = await leaseTransaction(bench.pool);
      await held.value.query('SELECT 1');
    }
    expect(steps(bench.sent)).toEqual(['BEGIN', 'ROLLBACK']);
  });

  it('is committed by commit(), and the end of its block does nothing after that', async () => {
    {
      await using held = await leaseTransaction(bench.pool);
      await held.commit();
      await held.commit();
      expect(bench.pool.stats.borrowed).toBe(0);
    }
    expect(steps(bench.sent)).toEqual(['BEGIN', 'COMMIT']);
  });

  it('does not replace the error that leaves its block', async () => {
    const boom = new Error('boom');
    const block = async (): Promise<void> => {
      await using held = await leaseTransaction(bench.pool);
      await held.value.query('SELECT 1');
      throw boom;
    };
    expect(await rejection(block())).toBe(boom);
    expect(steps(bench.sent)).toEqual(['BEGIN', 'ROLLBACK']);
  });

  it('is either committed or rolled back', async () => {
    const first = await leaseTransaction(bench.pool);
    await first.rollback();
    await first.rollback();
    expect(await rejection(first.commit())).toEqual(STATE);
    const second = await leaseTransaction(bench.pool);
    await second.commit();
    expect(await rejection(second.rollback())).toEqual(STATE);
    expect(steps(bench.sent)).toEqual(['BEGIN', 'ROLLBACK', 'BEGIN', 'COMMIT']);
  });

  it('passes on what committing fails with, every time', async () => {
    const held = await leaseTransaction(bench.pool);
    await rejection(held.value.query('SELECT 1/0'));
    expect(await rejection(held.commit())).toMatchObject({ code: 'RXSCOPE_TRANSACTION_ABORTED' });
    expect(await rejection(held.commit())).toEqual(STATE);
    expect(held.value.state).toBe('rolled back');
  });

  it('nests', async () => {
    const work = using(transaction(bench.pool), async (tx) => {
      await using held = await leaseTransaction(tx);
      expect([held.value.depth, tx.depth]).toEqual([1, 0]);
      await held.commit();
    });
    await lastValue(work, { defaultValue: null });
    expect(steps(bench.sent)).toEqual(['BEGIN', 'SAVEPOINT rxscope_1', 'RELEASE SAVEPOINT rxscope_1', 'COMMIT']);
  });

  it('is not begun where the signal has aborted, and rolled back where it aborts meanwhile', async () => {
    const reason = new Error('enough');
    expect(await rejection(leaseTransaction(bench.pool, { signal: AbortSignal.abort(reason) }))).toBe(reason);
    const controller = new AbortController();
    const { sent } = bench;
    sent.push = (...texts) => {
      queueMicrotask(() => {
        controller.abort(reason); // before any answer can come
      });
      return Array.prototype.push.apply(sent, texts);
    };
    const held = rejection(leaseTransaction(bench.pool, { signal: controller.signal, readOnly: true }));
    expect(await held).toBe(reason);
    expect(steps(bench.sent)).toEqual(['BEGIN READ ONLY', 'ROLLBACK']);
  });

  it('tells commit() that the connection died', async () => {
    const held = await leaseTransaction(bench.pool);
    await bench.terminate(held.value.client.pid);
    await eventually('it is gone', () => bench.pool.stats.borrowed === 0);
    expect(await rejection(held.commit())).toMatchObject({ code: 'RXSCOPE_LOST' });
  });
});
