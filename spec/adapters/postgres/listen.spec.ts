import pg from 'pg';
import { asyncScheduler, concatMap, take, toArray, type Observable, type SchedulerLike } from 'rxjs';
import type { ClientSource } from '../../../lib/adapters/postgres/clients-of.js';
import { connection } from '../../../lib/adapters/postgres/connection.js';
import { notify } from '../../../lib/adapters/postgres/listen-notify.js';
import { listen, type ListenMarker, type PgNotification } from '../../../lib/adapters/postgres/listen.js';
import { transaction } from '../../../lib/adapters/postgres/transaction.js';
import {
  consume,
  lastValue,
  lease,
  pool,
  using,
  type Consumption,
  type Lease,
  type Pool,
  type Resource,
} from '../../../lib/index.js';
import { eventually } from '../../support/eventually.js';
import { rejection } from '../../support/rejection.js';
import { describeWithPostgres } from '../../support/services.js';
import { tcpProxy, type TcpProxy } from '../../support/tcp-proxy.js';

describeWithPostgres('listen', (server) => {
  let sessions: Resource<pg.Client>;
  const made: pg.Client[] = [];
  beforeAll(() => {
    sessions = connection(() => {
      const client = new pg.Client(server());
      made.push(client);
      return client;
    });
  });
  beforeEach(() => {
    made.length = 0;
  });
  const channelOf = ((): (() => string) => {
    let count = 0;
    return () => `Spec "${String(process.pid)}" ${String(++count)}`;
  })();
  const send = (channel: string, payload?: string): Promise<unknown> =>
    lastValue(using(sender(), (client) => notify(client, channel, payload)));
  const sender = (): Resource<pg.Client> => connection(() => new pg.Client(server()));
  const processOf = (client: pg.Client | undefined): number =>
    (client as unknown as { readonly processID: number }).processID;
  const kill = (client: pg.Client | undefined): Promise<unknown> =>
    lastValue(using(sender(), (other) => other.query('SELECT pg_terminate_backend($1)', [processOf(client)])));

  /** A proxy in front of the server, and how to connect through it, whatever tells how to connect to the server. */
  const proxied = async (): Promise<{ readonly proxy: Lease<TcpProxy>; readonly config: pg.ClientConfig }> => {
    const direct = new pg.Client(server());
    const { host, port, user, password, database } = direct;
    const target = host.startsWith('/') ? { path: `${host}/.s.PGSQL.${String(port)}` } : { host, port };
    const proxy = await lease(tcpProxy(target));
    const config = { host: proxy.value.host, port: proxy.value.port, user, password, database };
    return { proxy, config: config };
  };

  /** What a stream has emitted, in words, and a way to stop it. */
  function heard(stream: Observable<PgNotification | ListenMarker>): { words: string[]; consumption: Consumption } {
    const words: string[] = [];
    const consumption = consume(stream, (message) => {
      if (message.kind === 'notification') words.push(message.payload);
      else words.push(message.hasMissed ? 'listening again' : 'listening');
    });
    consumption.done.catch(() => undefined);
    return { words, consumption };
  }

  it('emits what is sent on its channel, and who sent it', async () => {
    const channel = channelOf();
    const stream = listen(sessions, channel, { markers: true });
    const messages = stream.pipe(
      concatMap(async (message) => {
        if (message.kind === 'listening') await send(channel, 'hello');
        return message;
      }),
      take(2),
      toArray(),
    );
    expect(await lastValue(messages)).toEqual([
      { kind: 'listening', hasMissed: false },
      { kind: 'notification', channel, payload: 'hello', processId: expect.any(Number) as number },
    ]);
  });

  it('emits notifications alone where no markers are wanted', async () => {
    const channel = channelOf();
    const { words, consumption } = heard(listen(sessions, channel));
    await eventually('it listens', async () => {
      await send(channel);
      return words.length > 0;
    });
    expect(new Set(words)).toEqual(new Set(['']));
    await consumption.close();
  });

  it('listens on several channels, in the order of commits', async () => {
    const [one, two] = [channelOf(), channelOf()];
    const { words, consumption } = heard(listen(sessions, [one, two, one], { markers: true }));
    await eventually('it listens', () => words.length === 1);
    await send(one, '1');
    await send(two, '2');
    await send(one, '3');
    await eventually('all are there', () => words.length === 4);
    expect(words).toEqual(['listening', '1', '2', '3']);
    await consumption.close();
  });

  it('hears what a transaction sends when that is committed, and nothing of one that is rolled back', async () => {
    const channel = channelOf();
    const { words, consumption } = heard(listen(sessions, channel, { markers: true }));
    await eventually('it listens', () => words.length === 1);
    const sending = (payload: string, fails: boolean): Promise<unknown> =>
      lastValue(
        using(transaction(sender()), async (tx) => {
          await notify(tx, channel, payload);
          if (fails) throw new Error('rolled back');
        }),
      );
    expect(await rejection(sending('never', true))).toEqual(new Error('rolled back'));
    await sending('committed', false);
    await eventually('it is there', () => words.length === 2);
    expect(words).toEqual(['listening', 'committed']);
    await consumption.close();
  });

  it('takes a channel for what it says: case, spaces and quotes', async () => {
    const channel = `${channelOf()} "x" 'y' \\ Ö`;
    const { words, consumption } = heard(listen(sessions, channel, { markers: true }));
    await eventually('it listens', () => words.length === 1);
    await send(channel.toLowerCase(), 'another');
    await send(channel, 'this');
    await eventually('it is there', () => words.length === 2);
    expect(words).toEqual(['listening', 'this']);
    await consumption.close();
  });

  it('loses nothing that is sent right when it begins', async () => {
    const channel = channelOf();
    const client = await lease(sessions);
    // Sent on the very session, so that it comes in one piece with the answer to LISTEN.
    const stream = listen(client.value, channel, { markers: true });
    const { words, consumption } = heard(stream);
    void client.value.query(`NOTIFY "${channel.replaceAll('"', '""')}", 'early'`);
    await eventually('it is there', () => words.length === 2);
    expect(words).toEqual(['listening', 'early']);
    await consumption.close();
    await client.release();
  });

  describe('left', () => {
    it('gives back a connection on which nobody listens', async () => {
      const [one, two] = [channelOf(), channelOf()];
      const lender = await lease(pool(sessions, { max: 1 }));
      const { words, consumption } = heard(listen(lender.value, [one, two], { markers: true }));
      await eventually('it listens', () => words.length === 1);
      await consumption.close();
      const client = await lender.value.acquire();
      expect((await client.value.query('SELECT pg_listening_channels()')).rows).toEqual([]);
      expect(client.value.listenerCount('notification')).toBe(0);
      expect(made).toHaveLength(1);
      await client.release();
      await lender.release();
    });

    it('breaks off a connection where that is not certain', async () => {
      const lender = await lease(pool(sessions, { max: 1 }));
      const { words, consumption } = heard(listen(lender.value, channelOf(), { markers: true }));
      await eventually('it listens', () => words.length === 1);
      await made[0]?.query('BEGIN');
      await made[0]?.query('SELECT 1 / 0').catch(() => undefined); // nothing is carried out any more
      await consumption.close();
      const client = await lender.value.acquire();
      expect(client.value).not.toBe(made[0]);
      await client.release();
      await lender.release();
    });

    it('is left while it connects', async () => {
      const { words, consumption } = heard(listen(sessions, channelOf(), { markers: true }));
      await consumption.close();
      expect(words).toEqual([]);
    });
  });

  describe('when the session is ended', () => {
    let lender: Lease<Pool<pg.Client>>;
    beforeEach(async () => {
      lender = await lease(pool(sessions, { max: 1 }));
    });
    afterEach(() => lender.release());

    it.each([
      ['a resource', (): ClientSource<pg.Client> => sessions],
      ['a pool', (): ClientSource<pg.Client> => lender.value],
    ])(
      'listens again, says that something may have been missed, and hears what is sent later: on %s',
      async (_, source) => {
        const channel = channelOf();
        const delays: number[] = [];
        const schedule: SchedulerLike['schedule'] = (work, delay, state) => {
          delays.push(delay ?? 0);
          return asyncScheduler.schedule(work as never, delay, state);
        };
        const scheduler: SchedulerLike = { now: () => asyncScheduler.now(), schedule };
        const options = { markers: true, backoff: { initial: 4 }, keepAlive: 0, scheduler } as const;
        const { words, consumption } = heard(listen(source(), channel, options));
        for (const round of [1, 2]) {
          await eventually('it listens', () => words.length === 2 * round - 1);
          await send(channel, `round ${String(round)}`);
          await eventually('it is there', () => words.length === 2 * round);
          await kill(made.at(-1));
        }
        await eventually('it listens', () => words.length === 5);
        expect(words).toEqual(['listening', 'round 1', 'listening again', 'round 2', 'listening again']);
        expect(made).toHaveLength(3);
        expect(delays.map((delay) => delay > 2 && delay <= 4)).toEqual([true, true]); // it begins anew
        await consumption.close();
      },
    );

    it.each([
      ['it is told not to', (): Resource<pg.Client> => sessions, { reconnect: false }],
      ['there is but that client', (): Resource<pg.Client> => sessions, {}],
    ])('fails where %s', async (what, source, options) => {
      const client = await lease(sessions);
      const { words, consumption } = heard(
        listen(what === 'it is told not to' ? source() : client.value, channelOf(), { markers: true, ...options }),
      );
      await eventually('it listens', () => words.length === 1);
      await kill(made.at(-1));
      expect(await rejection(consumption.done)).toMatchObject({ code: 'RXSCOPE_LOST' });
      await client.release().catch(() => undefined);
    });
  });

  it('goes on trying while the server cannot be reached, and not where it never could', async () => {
    const { proxy, config } = await proxied();
    const through = connection(() => new pg.Client(config));
    const { words, consumption } = heard(
      listen(through, channelOf(), { markers: true, backoff: { initial: 1, max: 5 } }),
    );
    await eventually('it listens', () => words.length === 1);
    proxy.value.refuse();
    await eventually('it has tried', () => proxy.value.refused > 2);
    proxy.value.accept();
    await eventually('it listens', () => words.length === 2);
    expect(words).toEqual(['listening', 'listening again']);
    await consumption.close();
    proxy.value.refuse();
    expect(await rejection(lastValue(listen(through, 'never')))).toBeInstanceOf(Error);
    await proxy.release();
  });

  it('notices a server that falls silent', async () => {
    const { proxy, config } = await proxied();
    let clients = 0;
    const through = connection(() => {
      clients++;
      return new pg.Client(config);
    });
    const stream = listen(through, channelOf(), { markers: true, backoff: { initial: 1 }, keepAlive: 50 });
    const { words, consumption } = heard(stream);
    await eventually('it listens', () => words.length === 1);
    proxy.value.silence();
    await eventually('it has given up', () => clients === 2);
    proxy.value.resume();
    await eventually('it listens', () => words.length === 2);
    await consumption.close();
    await proxy.release();
  });

  const refused: readonly [string, () => unknown, new () => Error][] = [
    ['no channel', () => listen(sessions, []), RangeError],
    ['an empty name', () => listen(sessions, ''), TypeError],
    ['a name with a zero byte', () => listen(sessions, 'a\0b'), TypeError],
    ['a name that the server would cut', () => listen(sessions, 'ö'.repeat(32)), RangeError],
    ['no source', () => listen(5 as never, 'a'), TypeError],
    ['a back-off that is none', () => listen(sessions, 'a', { backoff: { initial: -1 } }), RangeError],
    ['an option that there is none of', () => listen(sessions, 'a', { marker: true } as never), TypeError],
    ['to send what is too long', () => notify(new pg.Client(), 'a', 'x'.repeat(8000)), RangeError],
    ['to send to what is no channel', () => notify(new pg.Client(), '', 'x'), TypeError],
  ];
  it.each(refused)('refuses %s', (_, call, error) => {
    expect(call).toThrow(error);
  });

  it('takes the longest name and the longest payload that the server takes', async () => {
    const channel = 'x'.repeat(63);
    const { words, consumption } = heard(listen(sessions, channel, { markers: true }));
    await eventually('it listens', () => words.length === 1);
    await send(channel, 'y'.repeat(7999));
    await eventually('it is there', () => words.length === 2);
    expect(words[1]).toHaveLength(7999);
    await consumption.close();
  });
});
