import pg from 'pg';
import { of } from 'rxjs';
import { advisoryLock, type TransactionLockOptions } from '../../../lib/adapters/postgres/advisory-lock.js';
import { advisoryLockHolders } from '../../../lib/adapters/postgres/advisory-lock-holders.js';
import { connection } from '../../../lib/adapters/postgres/connection.js';
import { transaction } from '../../../lib/adapters/postgres/transaction.js';
import { consume, lastValue, lease, using, type Resource } from '../../../lib/index.js';
import { eventually } from '../../support/eventually.js';
import { rejection } from '../../support/rejection.js';
import { describeWithPostgres } from '../../support/services.js';

describeWithPostgres("advisoryLock with level: 'transaction'", (server) => {
  let sessions: Resource<pg.Client>;
  beforeAll(() => {
    sessions = connection(() => new pg.Client(server()));
  });
  const names = ((): (() => string) => {
    let count = 0;
    return () => `transaction ${String(process.pid)} ${String(++count)}`;
  })();
  const level: TransactionLockOptions = { level: 'transaction' };
  const holders = (name: string): ReturnType<typeof advisoryLockHolders> =>
    lastValue(using(sessions, (client) => advisoryLockHolders(client, name)));

  it('is held until the transaction ends, whatever becomes of its scope', async () => {
    const name = names();
    await lastValue(
      using(transaction(sessions), async (tx) => {
        const held = await lease(advisoryLock(tx, name, level));
        expect(held.value).toMatchObject({ client: tx, state: 'held', shared: false, fencing: null });
        await held.release();
        expect(await holders(name)).toMatchObject([{ holds: true, processId: held.value.processId }]);
      }),
    );
    expect(await holders(name)).toEqual([]);
  });

  it('takes transactions from a resource of them', async () => {
    const name = names();
    const seen = using(advisoryLock(transaction(sessions), name, level), async ({ client }) => {
      expect(client.state).toBe('open');
      return (await holders(name)).length;
    });
    expect(await lastValue(seen)).toBe(1);
    expect(await holders(name)).toEqual([]);
  });

  it('is refused where there is no transaction, which would let go at once', async () => {
    const client = await lease(sessions);
    expect(await rejection(lease(advisoryLock(client.value, names(), level)))).toMatchObject({
      code: 'RXSCOPE_TRANSACTION_STATE',
      message: expect.stringContaining('and there is none') as string,
    });
    await client.release();
  });

  it('is shared by those who ask for that', async () => {
    const name = names();
    await lastValue(
      using(transaction(sessions), async (tx) => {
        await lastValue(using(advisoryLock(tx, name, { ...level, shared: true }), () => of(1)));
        const other = advisoryLock(sessions, name, { shared: true, acquireTimeout: 0 });
        await (await lease(other)).release();
        expect(await rejection(lease(advisoryLock(sessions, name, { acquireTimeout: 0 })))).toMatchObject({
          code: 'RXSCOPE_LOCK_NOT_ACQUIRED',
        });
      }),
    );
  });

  it.each([
    ['asked once', 0],
    ['waited for', 20],
  ])('leaves the transaction usable where it was %s in vain', async (_, acquireTimeout) => {
    const name = names();
    const holder = await lease(advisoryLock(sessions, name));
    await lastValue(
      using(transaction(sessions), async (tx) => {
        const failure = await rejection(lease(advisoryLock(tx, name, { ...level, acquireTimeout })));
        expect(failure).toMatchObject({
          code: 'RXSCOPE_LOCK_NOT_ACQUIRED',
          holders: [{ processId: holder.value.processId, holds: true }],
        });
        expect((await tx.query<{ one: number }>('SELECT 1 AS one')).rows).toEqual([{ one: 1 }]);
      }),
    );
    await holder.release();
  });

  it.each([
    ['asked once', 0, ['kept', 1]],
    ['waited for', 20, ['25P02', 0]],
  ])('undoes nothing that was sent meanwhile and seemed to work, where it was %s in vain', async (_, ms, outcome) => {
    const name = names();
    const holder = await lease(advisoryLock(sessions, name));
    await lastValue(
      using(transaction(sessions), async (tx) => {
        await tx.query('CREATE TEMPORARY TABLE t (n int) ON COMMIT DROP');
        const failing = rejection(lease(advisoryLock(tx, name, { ...level, acquireTimeout: ms })));
        const inserted = tx.query('INSERT INTO t VALUES (1)').then(
          () => 'kept',
          (error: unknown) => (error as { readonly code: string }).code,
        );
        expect(await failing).toMatchObject({ code: 'RXSCOPE_LOCK_NOT_ACQUIRED' });
        expect([await inserted, (await tx.query('SELECT FROM t')).rowCount]).toEqual(outcome);
      }),
    );
    await holder.release();
  });

  it('leaves the transaction usable where the wait is left', async () => {
    const name = names();
    const holder = await lease(advisoryLock(sessions, name));
    await lastValue(
      using(transaction(sessions), async (tx) => {
        const waiting = consume(advisoryLock(tx, name, level));
        await eventually('it waits', async () => (await holders(name)).length === 2);
        await waiting.close();
        expect(await holders(name)).toHaveLength(1);
        expect((await tx.query<{ one: number }>('SELECT 1 AS one')).rows).toEqual([{ one: 1 }]);
      }),
    );
    await holder.release();
  });

  it('is lost with the connection', async () => {
    const name = names();
    const body = using(transaction(sessions), (tx) =>
      using(advisoryLock(tx, name, level), async ({ processId }) => {
        await lastValue(using(sessions, (client) => client.query('SELECT pg_terminate_backend($1)', [processId])));
        return new Promise(() => undefined);
      }),
    );
    expect(await rejection(lastValue(body))).toMatchObject({ code: 'RXSCOPE_LOST' });
    await eventually('the server has let go', async () => (await holders(name)).length === 0);
  });
});

describe('advisoryLock', () => {
  const client = new pg.Client();
  const queries = { query: () => Promise.reject(new Error('never')) };
  const refused: readonly [string, () => unknown, new () => Error][] = [
    ['no source', () => advisoryLock(undefined as never, 'a'), TypeError],
    ['a pool of pg', () => advisoryLock(new pg.Pool() as never, 'a'), TypeError],
    ['no key', () => advisoryLock(client, undefined as never), TypeError],
    ['an option that there is none of', () => advisoryLock(client, 'a', { wait: true } as never), TypeError],
    ['a level that there is none of', () => advisoryLock(client, 'a', { level: 'table' } as never), TypeError],
    ['a timeout that is none', () => advisoryLock(client, 'a', { acquireTimeout: -1 }), RangeError],
    ['a keepAlive that is none', () => advisoryLock(client, 'a', { keepAlive: Number.NaN }), RangeError],
    ['a policy that there is none of', () => advisoryLock(client, 'a', { proxy: 'allow' as never }), TypeError],
    ['numbers for those who share', () => advisoryLock(client, 'a', { shared: true, fencing: true }), TypeError],
    ['a namespace for numbers', () => advisoryLock(client, 1n, { namespace: 'a' }), TypeError],
  ];
  it.each(refused)('refuses %s', (_, call, error) => {
    expect(call).toThrow(error);
  });

  it('refuses what sends queries and is no session, when it is entered', async () => {
    expect(await rejection(lease(advisoryLock(queries as never, 'a')))).toMatchObject({ name: 'TypeError' });
  });

  it('refuses what does not answer each statement of a message, as it could not tell whether it is held', async () => {
    const mute = { query: () => Promise.resolve({ command: 'SELECT', rowCount: 0, rows: [] }) };
    expect(await rejection(lease(advisoryLock(mute, 'a', { level: 'transaction' })))).toMatchObject({
      message: 'Expected an answer to each statement of a message, as pg gives them.',
    });
  });
});
