import { spawn } from 'node:child_process';
import { once } from 'node:events';
import pg from 'pg';
import { NEVER, of, type ObservableInput } from 'rxjs';
import { advisoryLock } from '../../../lib/adapters/postgres/advisory-lock.js';
import { advisoryLockHolders } from '../../../lib/adapters/postgres/advisory-lock-holders.js';
import type { AdvisoryLock } from '../../../lib/adapters/postgres/advisory-lock-held.js';
import type { AdvisoryLockOptions } from '../../../lib/adapters/postgres/advisory-lock-options.js';
import type { ClientPort } from '../../../lib/adapters/postgres/client-port.js';
import { connection } from '../../../lib/adapters/postgres/connection.js';
import { lockKey } from '../../../lib/adapters/postgres/lock-key.js';
import { transaction } from '../../../lib/adapters/postgres/transaction.js';
import { consume, lastValue, lease, pool, using, type Resource } from '../../../lib/index.js';
import { Clock } from '../../support/clock.js';
import { eventually } from '../../support/eventually.js';
import { rejection } from '../../support/rejection.js';
import { describeWithOurPostgres } from '../../support/services.js';
import { root } from '../../support/sources.js';
import { tcpProxy, type TcpProxy } from '../../support/tcp-proxy.js';
import { transactionPooler } from './support/transaction-pooler.js';

/** The invariants D1 to D18 of distributed locks, as far as they are about PostgreSQL. */
describeWithOurPostgres('advisoryLock keeps', (server) => {
  let sessions: Resource<pg.Client>;
  beforeAll(() => {
    sessions = connection(() => new pg.Client(server().config));
  });
  let emitWarning: jest.SpyInstance;
  beforeEach(() => {
    emitWarning = jest.spyOn(process, 'emitWarning').mockImplementation(() => undefined);
  });
  afterEach(() => {
    emitWarning.mockRestore();
  });
  /** What the process was warned of, where it was. */
  const warnings = (): object[] =>
    emitWarning.mock.calls.map(([message, options]: unknown[]) => ({ message, ...(options as object) }));
  const names = ((): (() => string) => {
    let count = 0;
    return () => `invariant ${String(++count)}`;
  })();
  const lock = (name: string, options: AdvisoryLockOptions = {}): Resource<AdvisoryLock<pg.Client>> =>
    advisoryLock(sessions, name, options);
  const atOnce = { acquireTimeout: 0 };
  const sql = (text: string, values: unknown[] = []): Promise<pg.QueryResult> =>
    lastValue(using(sessions, (client) => client.query(text, values)));
  const kill = (processId: number): Promise<unknown> => sql('SELECT pg_terminate_backend($1)', [processId]);
  const holders = (name: string): ReturnType<typeof advisoryLockHolders> =>
    lastValue(using(sessions, (client) => advisoryLockHolders(client, name)));
  const isFree = async (name: string): Promise<boolean> => (await holders(name)).length === 0;
  const proxied = (proxy: TcpProxy): Resource<pg.Client> =>
    connection(() => new pg.Client({ ...server().config, host: proxy.host, port: proxy.port }));

  describe('D1 at most one holder', () => {
    it('among those whose sessions are killed while they hold or wait', async () => {
      const name = names();
      const inside = new Set<AdvisoryLock<pg.Client>>();
      let most = 0;
      const work = using(lock(name), async (held) => {
        inside.add(held);
        most = Math.max(most, [...inside].filter(({ state }) => state === 'held').length);
        await held.client.query('SELECT pg_sleep(0.005)').catch(() => undefined);
        inside.delete(held);
      });
      const runs = Array.from({ length: 12 }, () =>
        lastValue(work, { defaultValue: null }).catch((error: unknown) => error),
      );
      for (let round = 0; round < 5; round++) {
        const [victim] = await holders(name);
        if (victim !== undefined) await kill(victim.processId);
      }
      await Promise.all(runs);
      expect(most).toBe(1);
      expect(await isFree(name)).toBe(true);
    });

    it('a holder whose process is killed has it no more, and another process has it', async () => {
      const name = names();
      const child = spawn(process.execPath, ['-e', HOLDER, JSON.stringify(server().config), String(lockKey(name))], {
        cwd: root,
        stdio: ['ignore', 'pipe', 'inherit'],
      });
      await once(child.stdout, 'data');
      expect(await rejection(lease(lock(name, atOnce)))).toMatchObject({ code: 'RXSCOPE_LOCK_NOT_ACQUIRED' });
      const waiting = lease(lock(name));
      await eventually('it waits', async () => (await holders(name)).length === 2);
      const exited = once(child, 'exit');
      child.kill('SIGKILL');
      const held = await waiting;
      expect(held.value.state).toBe('held');
      await held.release();
      await exited;
    });

    it('a session that is frozen still holds it', async () => {
      const name = names();
      const held = await lease(lock(name));
      process.kill(held.value.processId, 'SIGSTOP');
      try {
        expect(await rejection(lease(lock(name, atOnce)))).toMatchObject({ code: 'RXSCOPE_LOCK_NOT_ACQUIRED' });
      } finally {
        process.kill(held.value.processId, 'SIGCONT');
      }
      await held.release();
      expect(await isFree(name)).toBe(true);
    });
  });

  describe('D4 when the session ends', () => {
    it('the state is lost first, then the body is left, once, with a ResourceLostError', async () => {
      const name = names();
      const log: string[] = [];
      let held: AdvisoryLock<pg.Client> | undefined;
      const body = using(lock(name), (value) => {
        held = value;
        value.signal.addEventListener('abort', () => log.push(`signal: ${(value.signal.reason as Error).name}`));
        return NEVER;
      });
      const consumption = consume(body, {
        error: (error: Error) => log.push(`consumer: ${error.name}, ${String(held?.state)}`),
      });
      await eventually('it is held', () => held);
      await kill((held as AdvisoryLock).processId);
      expect(await rejection(consumption.done)).toMatchObject({
        code: 'RXSCOPE_LOST',
        cause: expect.objectContaining({ code: '57P01' }) as unknown,
      });
      expect(log).toEqual(['signal: ResourceLostError', 'consumer: ResourceLostError, lost']);
      expect(() => held?.check()).toThrow(/is not held: it was lost/);
      await (await lease(lock(name, atOnce))).release();
    });

    it('with keepAlive also where the network falls silent', async () => {
      const name = names();
      const proxy = await lease(tcpProxy({ path: server().socket }));
      const through = proxied(proxy.value);
      const consumption = consume(advisoryLock(through, name, { keepAlive: 50 }));
      await eventually('it is held', async () => !(await isFree(name)));
      proxy.value.silence();
      expect(await rejection(consumption.done)).toMatchObject({
        code: 'RXSCOPE_LOST',
        cause: new Error('The server did not answer within 50 ms.'),
      });
      await proxy.release();
      await eventually('the server has noticed', () => isFree(name));
    });

    it('keepAlive leaves a session alone that answers, in a transaction that has failed too', async () => {
      const clock = new Clock();
      const held = await lease(lock(names(), { keepAlive: 5, scheduler: clock }));
      const { client } = held.value;
      await client.query('BEGIN');
      await rejection(client.query('SELECT 1 / 0'));
      for (let round = 0; round < 3; round++) {
        clock.pass(5);
        expect((client as ClientPort).readyForQuery).toBe(false); // it is asked
        expect(await rejection(client.query('SELECT 1'))).toMatchObject({ code: '25P02' });
      }
      clock.pass(4);
      expect(held.value.isHeld).toBe(true);
      await client.query('ROLLBACK');
      await held.release();
    });
  });

  describe('D6 release never changes what the body came to', () => {
    it.each([
      ['its value', () => of('done'), 'done'],
      ['its error', () => Promise.reject(new Error('mine')), new Error('mine')],
    ])('where somebody else has let go of the lock: %s', async (_, work: () => ObservableInput<string>, outcome) => {
      const name = names();
      const body = using(lock(name), async ({ client }) => {
        await client.query('SELECT pg_advisory_unlock_all()');
        return lastValue(using(sessions, work));
      });
      expect(await lastValue(body).catch((error: unknown) => error)).toEqual(outcome);
      expect(warnings()[0]).toMatchObject({
        code: 'RXSCOPE_UNLOCK_FAILED',
        message: expect.stringContaining(name) as string,
      });
    });

    it('where the session has ended, and says nothing', async () => {
      const name = names();
      const held = await lease(lock(name));
      const { client, processId } = held.value;
      const ended = new Promise((resolve) => client.once('end', resolve));
      await kill(processId);
      await ended;
      expect(await rejection(held.release())).toMatchObject({ code: 'RXSCOPE_LOST' });
      expect(held.value.state).toBe('lost');
      expect(warnings()).toEqual([]);
    });

    it('where the answer to the unlock is lost', async () => {
      const name = names();
      const proxy = await lease(tcpProxy({ path: server().socket }));
      const lost = proxy.value.loseAnswerTo('pg_advisory_unlock');
      expect(await lastValue(using(advisoryLock(proxied(proxy.value), name), () => of('done')))).toBe('done');
      await lost;
      await eventually('it is free', () => isFree(name));
      await proxy.release();
    });

    it('where the unlock is not answered in time: the session is broken off', async () => {
      const name = names();
      const proxy = await lease(tcpProxy({ path: server().socket }));
      const body = using(advisoryLock(proxied(proxy.value), name, { unlockTimeout: 20 }), () => {
        proxy.value.silence();
        return of('done');
      });
      expect(await lastValue(body)).toBe('done');
      expect(warnings()[0]).toMatchObject({ message: expect.stringContaining('No answer within 20 ms') as string });
      await proxy.release();
      await eventually('it is free', () => isFree(name));
    });
  });

  describe('D8 a wait that is left takes nothing', () => {
    it('wherever it is left', async () => {
      const name = names();
      const client = await lease(sessions);
      for (let step = 0; step < 40; step++) {
        const consumption = consume(advisoryLock(client.value, name));
        for (let turn = 0; turn < step; turn++) await new Promise((resolve) => setImmediate(resolve));
        await consumption.close();
        expect(await isFree(name)).toBe(true);
      }
      await client.release();
    });

    it('where it is granted in the moment in which it is left', async () => {
      const name = names();
      for (let round = 0; round < 20; round++) {
        const first = await lease(lock(name));
        const waiting = consume(lock(name));
        await eventually('it waits', async () => (await holders(name)).length === 2);
        await Promise.all([first.release(), waiting.close()]);
        expect(await isFree(name)).toBe(true);
      }
    });

    it('where the server cannot be told: the session is broken off', async () => {
      const name = names();
      const first = await lease(lock(name));
      const proxy = await lease(tcpProxy({ path: server().socket }));
      const waiting = consume(advisoryLock(proxied(proxy.value), name));
      await eventually('it waits', async () => (await holders(name)).length === 2);
      proxy.value.refuseNew();
      await waiting.close();
      await first.release();
      await eventually('it is free', () => isFree(name));
      await proxy.release();
    });
  });

  describe('D11 fencing numbers', () => {
    it('rise with each holder, across releases, kills and names', async () => {
      const [name, other] = [names(), names()];
      const seen: number[] = [];
      for (let round = 0; round < 6; round++) {
        const held = await lease(lock(name, { fencing: true }));
        seen.push(held.value.fencing ?? 0);
        if (round % 2 === 0) await held.release();
        else {
          await kill(held.value.processId);
          await held.release().catch(() => undefined); // it may have been told by then
        }
        const another = await lease(lock(other, { fencing: true }));
        expect(another.value.fencing).toBe(round + 1);
        await another.release();
      }
      expect(seen).toEqual([1, 2, 3, 4, 5, 6]);
    });

    it('make their table, also where several come at once', async () => {
      const table = `public.numbers of ${names()}`;
      const drawn = Array.from({ length: 8 }, (_, index) =>
        lastValue(using(lock(`${names()} ${String(index)}`, { fencing: { table } }), ({ fencing }) => of(fencing))),
      );
      expect(await Promise.all(drawn)).toEqual(Array(8).fill(1));
    });

    it('where none can be drawn, nothing is held', async () => {
      const name = names();
      expect(await rejection(lease(lock(name, { fencing: { table: 'nowhere.numbers' } })))).toMatchObject({
        code: '3F000',
      });
      expect(await isFree(name)).toBe(true);
    });

    it('are not drawn in a transaction, which could take them back', async () => {
      const client = await lease(sessions);
      await client.value.query('BEGIN');
      const taking = lease(advisoryLock(client.value, names(), { fencing: true }));
      expect(await rejection(taking)).toMatchObject({ code: 'RXSCOPE_TRANSACTION_STATE' });
      await client.value.query('ROLLBACK');
      await client.release();
    });
  });

  describe('D17 a session of its own', () => {
    it('refuses a pooler that lends sessions by transaction, before anything is taken', async () => {
      const name = names();
      const { host, user } = { host: '127.0.0.1', user: server().config.user as string };
      const pooler = await lease(transactionPooler(server().socket, user));
      const through = connection(() => new pg.Client({ ...server().config, host, port: pooler.value }));
      expect(await rejection(lease(advisoryLock(through, name)))).toMatchObject({ code: 'RXSCOPE_PROXIED_SESSION' });
      expect(await isFree(name)).toBe(true);
      const silent = connection(() => {
        const client = new pg.Client({ ...server().config, host, port: pooler.value });
        return Object.defineProperty(client, 'processID', { get: () => undefined, set: () => undefined });
      });
      expect(await rejection(lease(advisoryLock(silent, name)))).toMatchObject({ code: 'RXSCOPE_PROXIED_SESSION' });
      expect(await isFree(name)).toBe(true);
      await pooler.release();
    });

    it('takes a lock of a transaction through such a pooler', async () => {
      const name = names();
      const pooler = await lease(transactionPooler(server().socket, server().config.user as string));
      const through = connection(() => new pg.Client({ ...server().config, host: '127.0.0.1', port: pooler.value }));
      const body = using(transaction(through), (tx) =>
        using(advisoryLock(tx, name, { level: 'transaction' }), async () => holders(name)),
      );
      expect(await lastValue(body)).toMatchObject([{ holds: true }]);
      expect(await isFree(name)).toBe(true);
      await pooler.release();
    });

    it('finds out afterwards where a pooler was trusted that should not have been', async () => {
      const name = names();
      const pooler = await lease(transactionPooler(server().socket, server().config.user as string));
      const through = connection(() => new pg.Client({ ...server().config, host: '127.0.0.1', port: pooler.value }));
      expect(await lastValue(using(advisoryLock(through, name, { proxy: 'session' }), () => of('done')))).toBe('done');
      expect(warnings()[0]).toMatchObject({ message: expect.stringContaining('let go of in another') as string });
      await pooler.release();
      await eventually('it is free', () => isFree(name));
    });

    it('does not give back to a pool a session of which it is not certain', async () => {
      const name = names();
      const lender = await lease(pool(sessions, { max: 1 }));
      const processes: number[] = [];
      for (let round = 0; round < 2; round++) {
        await lastValue(
          using(advisoryLock(lender.value, name), async ({ client, processId }) => {
            processes.push(processId);
            await client.query('SELECT pg_advisory_unlock_all()');
          }),
        );
      }
      expect(warnings()).toHaveLength(2);
      expect(new Set(processes).size).toBe(2);
      await lender.release();
    });

    it('gives back one that is certain, without the lock', async () => {
      const lender = await lease(pool(sessions, { max: 1 }));
      const processes: number[] = [];
      for (let round = 0; round < 3; round++) {
        const name = names();
        await lastValue(using(advisoryLock(lender.value, name), ({ processId }) => of(processes.push(processId))));
        expect(await isFree(name)).toBe(true);
      }
      expect(new Set(processes).size).toBe(1);
      await lender.release();
    });
  });

  it('D18 the key of a name is the documented one: another program takes the same lock', async () => {
    const name = names();
    const held = await lease(lock(name, { namespace: 'shop' }));
    const taking = 'SELECT pg_try_advisory_lock($1::int8) AS taken';
    expect((await sql(taking, [String(lockKey(name, 'shop'))])).rows).toEqual([{ taken: false }]);
    expect((await sql(taking, [String(lockKey(name))])).rows).toEqual([{ taken: true }]);
    await held.release();
    expect((await sql(taking, [String(lockKey(name, 'shop'))])).rows).toEqual([{ taken: true }]);
  });
});

/** Takes a lock in a process of its own, says so, and holds it. */
const HOLDER = `
const { Client } = require('pg');
const client = new Client(JSON.parse(process.argv[1]));
client.connect()
  .then(() => client.query('SELECT pg_advisory_lock($1::int8)', [process.argv[2]]))
  .then(() => process.stdout.write('held'));
`;
