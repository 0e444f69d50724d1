import { catchError, concat, defer, NEVER, of, throwError } from 'rxjs';
import { transaction, type Transaction, type TransactionHook } from '../../../lib/adapters/postgres/index.js';
import { consume, lastValue, lease, using } from '../../../lib/index.js';
import { eventually } from '../../support/eventually.js';
import { rejection } from '../../support/rejection.js';
import { describeWithPostgres } from '../../support/services.js';
import { allIsBack, openBench, type Bench, type RecordingClient } from './support/sessions.js';

type Tx = Transaction<RecordingClient>;

const boom = new Error('boom');
const bang = new Error('bang');

describeWithPostgres('what is to be done after a transaction', (server) => {
  let bench: Bench;
  let log: string[];
  beforeEach(async () => {
    log = [];
    bench = await openBench(server(), { max: 1 });
  });
  afterEach(async () => {
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
    const work = using(transaction(bench.pool), (tx) => {
      tx.afterCommit(() => defer(() => of(log.push('first'))));
      tx.afterCommit(() => Promise.resolve().then(() => log.push('second')));
      tx.afterRollback(() => log.push('never'));
      return of('done');
    });
    await lastValue(work);
    log.push('told');
    expect(log).toEqual(['first', 'second', 'told']);
  });

  it('may borrow the connection that the transaction has given back', async () => {
    const work = using(transaction(bench.pool), (tx) => {
      tx.afterCommit(() => lastValue(using(bench.pool.lease, (client) => client.query('SELECT 1'))));
      return of('done');
    });
    expect(await lastValue(work)).toBe('done');
    expect(bench.sent).toEqual(['BEGIN', 'COMMIT', 'SELECT 1']);
  });

  it('is done after a rollback, whose error passes on', async () => {
    const work = using(transaction(bench.pool), (tx) => {
      both(tx, 'it');
      return throwError(() => boom);
    });
    expect(await rejection(lastValue(work))).toBe(boom);
    expect(log).toEqual(['it rolled back']);
  });

  it('is done after a rollback because the consumer has left, which is waited for', async () => {
    const left = consume(
      using(transaction(bench.pool), (tx) => {
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
    const work = using(transaction(bench.pool), (tx) => {
      tx.afterCommit(failing(boom));
      tx.afterCommit(() => log.push('the rest'));
      tx.afterCommit(failing(bang));
      return of('done');
    });
    const error = await rejection(lastValue(work));
    expect(error).toMatchObject({ code: 'RXSCOPE_AFTER_COMMIT', cause: boom, errors: [boom, bang] });
    expect((error as Error).message).toContain('2 of 3');
    expect(log).toEqual(['the rest']);
  });

  it('is attached to the original error where it fails after a rollback', async () => {
    const work = using(transaction(bench.pool), (tx) => {
      tx.afterRollback(failing(bang));
      return throwError(() => boom);
    });
    expect(await rejection(lastValue(work))).toMatchObject({ error: bang, suppressed: boom });
    const twice = using(transaction(bench.pool), (tx) => {
      tx.afterRollback(failing(bang));
      tx.afterRollback(failing(bang));
      return throwError(() => boom);
    });
    expect(await rejection(lastValue(twice))).toMatchObject({ error: { errors: [bang, bang] }, suppressed: boom });
  });

  const nested = (tx: Tx, name: string, fails: boolean) =>
    using(transaction(tx), (inner) => {
      both(inner, name);
      return fails ? throwError(() => boom) : of(name);
    }).pipe(catchError(() => of('caught')));

  it('of a nested one waits for the outermost one, and is dropped where it is undone', async () => {
    const work = using(transaction(bench.pool), (tx) => {
      both(tx, 'outer');
      return concat(nested(tx, 'kept', false), nested(tx, 'undone', true));
    });
    await lastValue(work);
    expect(log).toEqual(['undone rolled back', 'outer committed', 'kept committed']);
  });

  it('of a nested one is done after the rollback of what is around it', async () => {
    const work = using(transaction(bench.pool), (tx) =>
      concat(
        nested(tx, 'kept', false),
        throwError(() => boom),
      ),
    );
    expect(await rejection(lastValue(work))).toBe(boom);
    expect(log).toEqual(['kept rolled back']);
  });

  it('cannot be asked for after its end', async () => {
    const held = await lease(transaction(bench.pool));
    await held.release();
    expect(() => {
      held.value.afterCommit(() => undefined);
    }).toThrow('is over');
    expect(() => {
      held.value.afterRollback(() => undefined);
    }).toThrow('Nothing was sent');
  });
});
