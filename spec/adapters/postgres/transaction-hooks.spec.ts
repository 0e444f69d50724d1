import { catchError, concat, defer, EMPTY, NEVER, of, throwError } from 'rxjs';
import {
  transaction,
  type Transaction,
  type TransactionHook,
  type TransactionSource,
} from '../../../lib/adapters/postgres/index.js';
import { consume, lastValue, lease, using, type Lease } from '../../../lib/index.js';
import { eventually } from '../../support/eventually.js';
import { rejection } from '../../support/rejection.js';
import { describeWithPostgres } from '../../support/services.js';
import { allIsBack, openBench, type Bench, type RecordingClient } from './support/sessions.js';

type Tx = Transaction<RecordingClient>;

const boom = new Error('boom');
const bang = new Error('bang');

const places = ['on a pool', 'on a connection that is held'] as const;

describeWithPostgres('what is to be done after a transaction', (server) => {
  describe.each(places)('%s', (place) => {
    let bench: Bench;
    let held: Lease<RecordingClient> | null;
    let source: TransactionSource<RecordingClient>;
    let log: string[];
    beforeEach(async () => {
      log = [];
      bench = await openBench(server(), { max: 1 });
      held = place === 'on a pool' ? null : await lease(bench.pool.lease);
      source = held === null ? bench.pool : held.value;
    });
    afterEach(async () => {
      await held?.release();
      await allIsBack(bench);
      await bench.release();
    });

    const both = (tx: Tx, name: string): void => {
      tx.afterCommit(async () => log.push(`${name} committed`));
      tx.afterRollback(async () => log.push(`${name} rolled back`));
    };
    const failing =
      (error: unknown): TransactionHook =>
      () => {
        throw error;
      };

    it('is done in order, when it is committed and before the consumer is told', async () => {
      const work = using(transaction(source), (tx) => {
        tx.afterCommit(() => defer(() => of(log.push('first'))));
        tx.afterCommit(() => EMPTY);
        tx.afterCommit(() => Promise.resolve().then(() => log.push('second')));
        tx.afterRollback(() => log.push('never'));
        return of('done');
      });
      await lastValue(work);
      log.push('told');
      expect(log).toEqual(['first', 'second', 'told']);
    });

    it('may use the connection that the transaction has given back', async () => {
      const work = using(transaction(source), (tx) => {
        tx.afterCommit(() => lastValue(using(transaction(source), (next) => next.query('SELECT 1'))));
        return of('done');
      });
      expect(await lastValue(work)).toBe('done');
      expect(bench.sent).toEqual(['BEGIN', 'COMMIT', 'BEGIN', 'SELECT 1', 'COMMIT']);
    });

    it('is done after a rollback, whose error passes on', async () => {
      const work = using(transaction(source), (tx) => {
        both(tx, 'it');
        return throwError(() => boom);
      });
      expect(await rejection(lastValue(work))).toBe(boom);
      expect(log).toEqual(['it rolled back']);
    });

    it('is done after a rollback because the consumer has left, which is waited for', async () => {
      const left = consume(
        using(transaction(source), (tx) => {
          both(tx, 'it');
          log.push('in');
          return NEVER;
        }),
      );
      await eventually('it is in', () => log.length === 1);
      await left.close();
      expect(log).toEqual(['in', 'it rolled back']);
    });

    it('tells that it is committed all the same where that fails, after doing the rest', async () => {
      const work = using(transaction(source), (tx) => {
        tx.afterCommit(failing(boom));
        tx.afterCommit(() => log.push('the rest'));
        tx.afterCommit(failing(bang));
        return of('done');
      });
      const error = await rejection(lastValue(work));
      expect(error).toMatchObject({
        code: 'RXSCOPE_AFTER_COMMIT',
        resource: 'transaction',
        cause: boom,
        errors: [boom, bang],
      });
      expect((error as Error).message).toContain('2 of 3');
      expect(log).toEqual(['the rest']);
    });

    it('is attached to the original error where it fails after a rollback', async () => {
      const work = using(transaction(source), (tx) => {
        tx.afterRollback(failing(bang));
        return throwError(() => boom);
      });
      expect(await rejection(lastValue(work))).toMatchObject({ error: bang, suppressed: boom });
      const twice = using(transaction(source), (tx) => {
        tx.afterRollback(failing(bang));
        tx.afterRollback(failing(bang));
        return throwError(() => boom);
      });
      expect(await rejection(lastValue(twice))).toMatchObject({ error: { errors: [bang, bang] }, suppressed: boom });
    });

    it('is attached to what went wrong with the rollback, and that to the original error', async () => {
      const work = using(transaction(source, { name: 'work', rollbackTimeout: 0, abort: 'wait' }), (tx) => {
        tx.afterRollback(failing(bang));
        void tx.query('SELECT pg_sleep(1)').catch(() => log.push('cut'));
        return throwError(() => boom);
      });
      const failure: unknown = await rejection(lastValue(work));
      expect(failure).toMatchObject({
        error: bang,
        suppressed: { error: { code: 'RXSCOPE_TRANSACTION_ROLLBACK' }, suppressed: boom },
      });
      await eventually('the query is cut', () => log.length === 1);
      if (held !== null) expect(await rejection(held.release())).toMatchObject({ code: 'RXSCOPE_LOST' });
      held = null;
    });

    it('is told of a transaction that could not be committed, whose error passes on', async () => {
      const work = using(transaction(source), (tx) => {
        both(tx, 'it');
        return tx.query('SELECT 1/0').catch(() => ({ rows: [] }));
      });
      expect(await rejection(lastValue(work))).toMatchObject({ code: 'RXSCOPE_TRANSACTION_ABORTED' });
      expect(log).toEqual(['it rolled back']);
    });

    const nested = (tx: Tx, name: string, fails: boolean) =>
      using(transaction(tx), (inner) => {
        both(inner, name);
        return fails ? throwError(() => boom) : of(name);
      }).pipe(catchError(() => of('caught')));

    it('of a nested one waits for the outermost one, and is dropped where it is undone', async () => {
      const work = using(transaction(source), (tx) => {
        both(tx, 'outer');
        return concat(nested(tx, 'kept', false), nested(tx, 'undone', true));
      });
      await lastValue(work);
      expect(log).toEqual(['undone rolled back', 'outer committed', 'kept committed']);
    });

    it.each([
      ['that has none', []],
      ['that has some', ['outer']],
    ])('of a nested one is done after the rollback of what is around it, %s', async (_, own) => {
      const work = using(transaction(source), (tx) => {
        for (const name of own) both(tx, name);
        return concat(
          nested(tx, 'kept', false),
          throwError(() => boom),
        );
      });
      expect(await rejection(lastValue(work))).toBe(boom);
      expect(log).toEqual([...own, 'kept'].map((name) => `${name} rolled back`));
    });

    it('cannot be asked for after its end', async () => {
      const over = await lease(transaction(source));
      await over.release();
      expect(() => {
        over.value.afterCommit(() => undefined);
      }).toThrow('is over');
      expect(() => {
        over.value.afterRollback(() => undefined);
      }).toThrow('Nothing was sent');
    });
  });
});
