import pg from 'pg';
import { connection } from '../../../lib/adapters/postgres/connection.js';
import { createFencingTable } from '../../../lib/adapters/postgres/fenced-number.js';
import { advisoryLock } from '../../../lib/adapters/postgres/advisory-lock.js';
import { fenced } from '../../../lib/adapters/postgres/fenced.js';
import { transaction } from '../../../lib/adapters/postgres/transaction.js';
import { lastValue, lease, using, type Resource } from '../../../lib/index.js';
import { rejection } from '../../support/rejection.js';
import { describeWithPostgres } from '../../support/services.js';

describeWithPostgres('fenced', (server) => {
  let sessions: Resource<pg.Client>;
  beforeAll(async () => {
    sessions = connection(() => new pg.Client(server()));
    await lastValue(using(sessions, (client) => createFencingTable(client)));
  });
  const names = ((): (() => string) => {
    let count = 0;
    return () => `fenced ${String(process.pid)} ${String(++count)}`;
  })();
  const write = (name: string, number: number): Promise<unknown> =>
    lastValue(using(transaction(sessions), (tx) => fenced(tx, name, number)));

  it('refuses a number lower than one that was let through, for the same name alone', async () => {
    const [name, other] = [names(), names()];
    await write(name, 5);
    await write(name, 5);
    await write(name, 9);
    expect(await rejection(write(name, 8))).toMatchObject({
      name: 'StaleHolderError',
      code: 'RXSCOPE_STALE_HOLDER',
      resource: name,
    });
    await write(other, 1);
    await write(name, 9);
  });

  it('forgets a number whose write was rolled back', async () => {
    const name = names();
    const failing = using(transaction(sessions), async (tx) => {
      await fenced(tx, name, 9);
      throw new Error('rolled back');
    });
    expect(await rejection(lastValue(failing))).toEqual(new Error('rolled back'));
    await write(name, 3);
  });

  it('refuses a holder that has lost an advisory lock of the same name to another one', async () => {
    const name = names();
    const first = await lease(advisoryLock(sessions, name, { fencing: true }));
    const old = first.value.fencing ?? 0;
    await write(name, old);
    await first.release();
    const second = await lease(advisoryLock(sessions, name, { fencing: true }));
    expect(second.value.fencing).toBe(old + 1);
    expect(await rejection(write(name, old))).toMatchObject({ code: 'RXSCOPE_STALE_HOLDER' });
    await write(name, old + 1);
    await second.release();
  });

  it('lets the next holder have its number only when the write before is over', async () => {
    const name = names();
    const log: string[] = [];
    const first = await lease(advisoryLock(sessions, name, { fencing: true }));
    const number = first.value.fencing ?? 0;
    let next: Promise<void> | undefined;
    await lastValue(
      using(transaction(sessions), async (tx) => {
        await fenced(tx, name, number);
        await first.release(); // as if it was lost, with the write under way
        next = lease(advisoryLock(sessions, name, { fencing: true })).then(async (second) => {
          log.push(`the next one holds ${String(second.value.fencing)}`);
          await second.release();
        });
        await tx.query('SELECT pg_sleep(0.05)');
        log.push('written');
      }),
    );
    await next;
    expect(log).toEqual(['written', `the next one holds ${String(number + 1)}`]);
  });

  it('keeps the numbers in a table of its own where it is told one', async () => {
    const table = `public."Numbers" ${names()}`;
    const client = await lease(sessions);
    expect(await rejection(fenced(client.value, 'a', 1, { table }))).toMatchObject({ code: '42P01' });
    await createFencingTable(client.value, { table });
    await createFencingTable(client.value, { table }); // it is there
    await fenced(client.value, 'a', 7, { table });
    expect(await rejection(fenced(client.value, 'a', 6, { table }))).toMatchObject({ code: 'RXSCOPE_STALE_HOLDER' });
    const [schema, name] = table.split('.') as [string, string];
    const { rows } = await client.value.query('SELECT 1 FROM pg_tables WHERE schemaname = $1 AND tablename = $2', [
      schema,
      name,
    ]);
    expect(rows).toHaveLength(1);
    await client.value.query(`DROP TABLE public."${name.replaceAll('"', '""')}"`);
    await client.release();
  });

  const client = new pg.Client();
  const refused: readonly [string, () => unknown, new () => Error][] = [
    ['a name that is none', () => fenced(client, 5 as never, 1), TypeError],
    ['a number that is none', () => fenced(client, 'a', null as never), RangeError],
    ['a number with a fraction', () => fenced(client, 'a', 1.5), RangeError],
    ['a negative number', () => fenced(client, 'a', -1), RangeError],
    ['a table with too many parts', () => fenced(client, 'a', 1, { table: 'a.b.c' }), TypeError],
    ['a table without a name', () => fenced(client, 'a', 1, { table: 'a.' }), TypeError],
    ['an option that there is none of', () => fenced(client, 'a', 1, { tabel: 'a' } as never), TypeError],
  ];
  it.each(refused)('refuses %s', (_, call, error) => {
    expect(call).toThrow(error);
  });
});
