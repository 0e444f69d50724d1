import pg, { type ClientConfig } from 'pg';
import { concat, firstValueFrom, from, mergeMap, NEVER, of, throwError } from 'rxjs';
import { connection } from '../../../lib/adapters/postgres/index.js';
import { consume, lastValue, lease, openResources, settled, using } from '../../../lib/index.js';
import { eventually } from '../../support/eventually.js';
import { rejection } from '../../support/rejection.js';
import { describeWithOurPostgres, describeWithPostgres } from '../../support/services.js';
import { tcpProxy, type TcpProxy } from '../../support/tcp-proxy.js';
import { RecordingClient } from './support/sessions.js';

const boom = new Error('boom');

const names = (): string[] => openResources().map(({ name }) => name);

describeWithPostgres('connection', (server) => {
  let observer: pg.Client;
  let made: RecordingClient[];
  const database = connection(() => {
    const client = new RecordingClient(server());
    made.push(client);
    return client;
  });
  const alive = async (pid: number): Promise<boolean> => {
    const { rowCount } = await observer.query('SELECT 1 FROM pg_stat_activity WHERE pid = $1', [pid]);
    return rowCount === 1;
  };
  const gone = (pid: number): Promise<boolean> => eventually('the session is gone', async () => !(await alive(pid)));

  beforeEach(async () => {
    made = [];
    observer = new pg.Client(server());
    await observer.connect();
  });
  afterEach(() => observer.end());

  it('makes a client of its own for each scope, when that is entered', async () => {
    expect(made).toEqual([]);
    const pids = await Promise.all([1, 2].map(() => lastValue(using(database, (client) => of(client.pid)))));
    expect([new Set(pids).size, made.length]).toEqual([2, 2]);
  });

  describe('is ended', () => {
    it('when its body completes', async () => {
      const pid = await lastValue(using(database, async (client) => ((await alive(client.pid)) ? client.pid : 0)));
      expect(await gone(pid)).toBe(true);
    });

    it('when its body fails, whose error passes as it is', async () => {
      expect(await rejection(lastValue(using(database, () => throwError(() => boom))))).toBe(boom);
      expect(await gone(made[0]?.pid ?? 0)).toBe(true);
    });

    it('when the consumer leaves, and is waited for', async () => {
      const pid = await firstValueFrom(
        using(database, (client) => concat([client.pid], NEVER)),
        { defaultValue: 0 },
      );
      await settled();
      expect(await gone(pid)).toBe(true);
    });

    it('while a query runs, which the server gives up', async () => {
      const held = consume(using(database, (client) => client.query('SELECT pg_sleep(100)')));
      await eventually('it runs', () => made[0]?.sent.length === 1);
      await held.close();
      expect(await gone(made[0]?.pid ?? 0)).toBe(true);
    });
  });

  describe('when connecting fails', () => {
    const fails = async (config: ClientConfig) => {
      const client = new pg.Client(config);
      const error = await rejection(lease(connection(() => client)));
      await eventually('its socket is closed', () => client.connection.stream.destroyed);
      return error;
    };

    it('passes on what the server says, and leaves no socket behind', async () => {
      expect(await fails({ ...server(), connectionString: undefined, database: 'nowhere' })).toMatchObject({
        code: expect.stringMatching(/^(3D000|28000|28P01)$/) as unknown,
      });
    });

    it('passes on that nobody listens', async () => {
      expect(await fails({ host: '127.0.0.1', port: 1 })).toMatchObject({ code: 'ECONNREFUSED' });
    });

    it('passes on what making the client fails with', async () => {
      const failing = connection((): pg.Client => {
        throw boom;
      });
      expect(await rejection(lease(failing))).toBe(boom);
    });

    it('refuses what is no client', async () => {
      const wrong = connection(() => ({ query: 1 }) as unknown as pg.Client);
      expect(await rejection(lease(wrong))).toMatchObject({
        message: expect.stringContaining('like pg.Client') as unknown,
      });
    });
  });

  it('ends the scope with a ResourceLostError when the server ends the session, and nothing else notices', async () => {
    const body = using(database, (client) => {
      void observer.query('SELECT pg_terminate_backend($1)', [client.pid]);
      return NEVER;
    });
    expect(await rejection(lastValue(body))).toMatchObject({ code: 'RXSCOPE_LOST', cause: { code: '57P01' } });
  });

  it('is lost in a lease too', async () => {
    const held = await lease(database);
    await observer.query('SELECT pg_terminate_backend($1)', [held.value.pid]);
    await eventually('it is released', () => !names().includes('connection'));
    expect(await rejection(held.release())).toMatchObject({ code: 'RXSCOPE_LOST' });
  });

  it('is lost when somebody else ends the client', async () => {
    const body = using(database, (client) => from(client.end()).pipe(mergeMap(() => NEVER)));
    expect(await rejection(lastValue(body))).toMatchObject({ code: 'RXSCOPE_LOST' });
  });

  it('refuses options that it does not know or cannot use', () => {
    const make = (): pg.Client => new pg.Client();
    expect(() => connection(make, { timeout: 1 } as never)).toThrow(TypeError);
    expect(() => connection(make, { connectTimeout: -1 })).toThrow(RangeError);
    expect(() => connection(make, { endTimeout: NaN })).toThrow(RangeError);
    expect(() => connection('postgres://' as never)).toThrow(TypeError);
  });

  it('has a name', async () => {
    const held = await lease(connection(() => new pg.Client(server()), { name: 'reports' }));
    expect(names()).toContain('reports');
    await held.release();
  });
});

describeWithOurPostgres('connection through a network', (server) => {
  const throughProxy = (test: (proxy: TcpProxy, config: ClientConfig) => Promise<void>): Promise<unknown> =>
    lastValue(
      using(tcpProxy({ path: server().socket }), (proxy) =>
        test(proxy, { ...server().config, host: proxy.host, port: proxy.port }),
      ),
    );

  it('is cut when its consumer leaves while the server says nothing', () =>
    throughProxy(async (proxy, config) => {
      proxy.silence();
      const client = new pg.Client(config);
      const left = consume(connection(() => client));
      await eventually('it connects', () => proxy.connections === 1);
      await left.close();
      expect(client.connection.stream.destroyed).toBe(true);
    }));

  it('fails with an AcquireTimeoutError when the server says nothing', () =>
    throughProxy(async (proxy, config) => {
      proxy.silence();
      const client = new pg.Client(config);
      const slow = connection(() => client, { connectTimeout: 20 });
      expect(await rejection(lease(slow))).toMatchObject({ code: 'RXSCOPE_ACQUIRE_TIMEOUT', resource: 'connection' });
      await settled();
      expect(client.connection.stream.destroyed).toBe(true);
    }));

  it('does not wait for a goodbye longer than endTimeout', () =>
    throughProxy(async (proxy, config) => {
      const held = await lease(connection(() => new pg.Client(config), { endTimeout: 20 }));
      proxy.silence();
      await held.release();
      expect(held.value.connection.stream.destroyed).toBe(true);
    }));

  it('is lost when the network cuts it', () =>
    throughProxy(async (proxy, config) => {
      const body = using(
        connection(() => new pg.Client(config)),
        () => {
          proxy.cut();
          return NEVER;
        },
      );
      expect(await rejection(lastValue(body))).toMatchObject({ code: 'RXSCOPE_LOST' });
    }));
});
