import pg from 'pg';
import { of } from 'rxjs';
import { advisoryLock } from '../../../lib/adapters/postgres/advisory-lock.js';
import { advisoryLockHolders } from '../../../lib/adapters/postgres/advisory-lock-holders.js';
import { connection } from '../../../lib/adapters/postgres/connection.js';
import { combine, consume, lastValue, lease, pool, using, type Resource } from '../../../lib/index.js';
import { eventually } from '../../support/eventually.js';
import { rejection } from '../../support/rejection.js';
import { describeWithPostgres } from '../../support/services.js';

describeWithPostgres('advisoryLock', (server) => {
  let sessions: Resource<pg.Client>;
  beforeAll(() => {
    sessions = connection(() => new pg.Client(server()));
  });
  const names = ((): (() => string) => {
    let count = 0;
    return () => `spec ${String(process.pid)} ${String(++count)}`;
  })();
  const holdersOf = (name: string): ReturnType<typeof advisoryLockHolders> =>
    lastValue(using(sessions, (client) => advisoryLockHolders(client, name)));

  describe('held', () => {
    it('keeps others out until its scope has ended', async () => {
      const name = names();
      const first = await lease(advisoryLock(sessions, name));
      const second = advisoryLock(sessions, name, { acquireTimeout: 0 });
      expect(await rejection(lease(second))).toMatchObject({
        name: 'LockNotAcquiredError',
        code: 'RXSCOPE_LOCK_NOT_ACQUIRED',
        resource: second.name,
      });
      await first.release();
      await (await lease(second)).release();
    });

    it('has one holder at a time, among twenty who come at once', async () => {
      const name = names();
      let inside = 0;
      let most = 0;
      const work = (): Promise<number> =>
        lastValue(
          using(advisoryLock(lender.value.lease, name), async ({ client }) => {
            most = Math.max(most, ++inside);
            await client.query('SELECT pg_sleep(0.001)');
            return inside--;
          }),
        );
      const lender = await lease(pool(sessions, { max: 20 }));
      await Promise.all(Array.from({ length: 20 }, work));
      expect(most).toBe(1);
      await lender.release();
    });

    it('is shared by those who ask for that', async () => {
      const name = names();
      const first = await lease(advisoryLock(sessions, name, { shared: true }));
      const second = await lease(advisoryLock(sessions, name, { shared: true, acquireTimeout: 0 }));
      expect(second.value.shared).toBe(true);
      expect(await rejection(lease(advisoryLock(sessions, name, { acquireTimeout: 0 })))).toMatchObject({
        name: 'LockNotAcquiredError',
      });
      await first.release();
      await second.release();
      const alone = await lease(advisoryLock(sessions, name, { acquireTimeout: 0 }));
      expect(await rejection(lease(advisoryLock(sessions, name, { shared: true, acquireTimeout: 0 })))).toMatchObject({
        name: 'LockNotAcquiredError',
      });
      await alone.release();
    });

    it('takes every kind of key, each one a lock of its own', async () => {
      const base = BigInt(process.pid) * 1000n;
      const keys = [names(), base, -base, [process.pid, 1], [process.pid, -1], [-process.pid, 1]] as const;
      const held = await Promise.all(keys.map((key) => lease(advisoryLock(sessions, key, { acquireTimeout: 0 }))));
      for (const key of keys) {
        expect(await lastValue(using(sessions, (client) => advisoryLockHolders(client, key)))).toHaveLength(1);
        expect(await rejection(lease(advisoryLock(sessions, key, { acquireTimeout: 0 })))).toMatchObject({
          name: 'LockNotAcquiredError',
        });
      }
      for (const lock of held) await lock.release();
    });

    it('sets namespaces apart', async () => {
      const name = names();
      const first = await lease(advisoryLock(sessions, name, { namespace: 'one' }));
      const second = await lease(advisoryLock(sessions, name, { namespace: 'two', acquireTimeout: 0 }));
      await second.release();
      await first.release();
      expect(second.value.client).not.toBe(first.value.client);
    });

    it('tells its session, and what it is', async () => {
      const name = names();
      const { value, release } = await leased(advisoryLock(sessions, name));
      const { rows } = await value.client.query<{ pid: number }>('SELECT pg_backend_pid() AS pid');
      expect(value).toMatchObject({ key: name, shared: false, fencing: null, state: 'held', processId: rows[0]?.pid });
      value.check();
      await release();
      expect(value.state).toBe('released');
      expect(value.signal.aborted).toBe(true);
      expect(() => {
        value.check();
      }).toThrow(/it was released/);
    });

    it('is let go of on a client that stays, which can take it again', async () => {
      const name = names();
      await lastValue(
        using(sessions, async (client) => {
          for (let round = 0; round < 3; round++) {
            await lastValue(using(advisoryLock(client, name, { acquireTimeout: 0 }), () => of(round)));
            expect(await holdersOf(name)).toEqual([]);
          }
        }),
      );
    });

    it('is let in twice on one client, and out when both have gone', async () => {
      const name = names();
      await lastValue(
        using(sessions, async (client) => {
          const outer = await lease(advisoryLock(client, name));
          const inner = await lease(advisoryLock(client, name));
          await inner.release();
          expect(await holdersOf(name)).toHaveLength(1);
          await outer.release();
          expect(await holdersOf(name)).toHaveLength(0);
        }),
      );
    });
  });

  describe('waiting', () => {
    it('goes on when the holder lets go, in order of arrival', async () => {
      const name = names();
      const first = await lease(advisoryLock(sessions, name));
      const order: number[] = [];
      const waiting: Promise<unknown>[] = [];
      for (const number of [1, 2, 3]) {
        waiting.push(lastValue(using(advisoryLock(sessions, name), () => of(order.push(number)))));
        await eventually('it waits', async () => (await holdersOf(name)).length === number + 1);
      }
      await first.release();
      await Promise.all(waiting);
      expect(order).toEqual([1, 2, 3]);
    });

    it('is over at once when it is left, and nothing stays behind', async () => {
      const name = names();
      const first = await lease(advisoryLock(sessions, name));
      const waiting = consume(advisoryLock(sessions, name));
      await eventually('it waits', async () => (await holdersOf(name)).length === 2);
      await waiting.close();
      expect(await holdersOf(name)).toHaveLength(1);
      await first.release();
      expect(await holdersOf(name)).toHaveLength(0);
    });

    it('leaves a session that can be used on, when it is left', async () => {
      const name = names();
      const first = await lease(advisoryLock(sessions, name));
      await lastValue(
        using(sessions, async (client) => {
          const waiting = consume(advisoryLock(client, name));
          await eventually('it waits', async () => (await holdersOf(name)).length === 2);
          await waiting.close();
          expect((await client.query('SELECT 1 AS one')).rows).toEqual([{ one: 1 }]);
          await first.release();
          await lastValue(using(advisoryLock(client, name, { acquireTimeout: 0 }), () => of('held')));
        }),
      );
    });

    it('gives up after acquireTimeout, and says who holds it', async () => {
      const name = names();
      const holders = connection(() => new pg.Client({ ...server(), application_name: 'the holder' }));
      const first = await lease(advisoryLock(holders, name));
      const late = await rejection(lease(advisoryLock(sessions, name, { acquireTimeout: 20 })));
      expect(late).toMatchObject({ name: 'LockNotAcquiredError', resource: `advisory lock ${name}` });
      expect((late as Error).message).toContain(`process ${String(first.value.processId)}, "the holder"`);
      expect(await holdersOf(name)).toHaveLength(1);
      await first.release();
    });

    it('waits for what its client was sent before, so that only its own wait is cancelled', async () => {
      const name = names();
      const first = await lease(advisoryLock(sessions, name));
      await lastValue(
        using(sessions, async (client) => {
          const before = client.query('SELECT pg_sleep(0.05)');
          const waiting = consume(advisoryLock(client, name));
          await waiting.close();
          expect((await before).rowCount).toBe(1);
        }),
      );
      await first.release();
    });

    it('passes on that the server has found a deadlock', async () => {
      const [one, two] = [names(), names()];
      const body = async ([a, b]: readonly [pg.Client, pg.Client]): Promise<void> => {
        const held = [await lease(advisoryLock(a, one)), await lease(advisoryLock(b, two))];
        // Whichever is refused, the other one gets what it waits for only when that lets go.
        const crossed = [take(a, two), take(b, one)];
        const refused = await Promise.race(crossed.map((promise) => rejection(promise)));
        expect(refused).toMatchObject({ code: '40P01' });
        await Promise.all(held.map((lock) => lock.release()));
        await Promise.allSettled(crossed);
      };
      const take = (client: pg.Client, name: string): Promise<unknown> =>
        lastValue(using(advisoryLock(client, name), () => of(name)));
      await lastValue(using(combine([sessions, sessions]), body));
    });
  });
});

async function leased<T>(lock: Resource<T>): Promise<{ value: T; release: () => Promise<boolean> }> {
  const held = await lease(lock);
  return { value: held.value, release: () => held.release() };
}
