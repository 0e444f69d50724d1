import { once } from 'node:events';
import { connect, createServer } from 'node:net';
import { finished } from 'node:stream';
import { expectTypeOf } from 'expect-type';
import { concat, EMPTY, merge, NEVER, Observable, of, take, tap, VirtualTimeScheduler } from 'rxjs';
import {
  lastValue,
  lease,
  pull,
  resource,
  ResourceLostError,
  using,
  type Exit,
  type Lease,
  type Resource,
} from '../../../lib/index.js';
import {
  DrainTimeoutError,
  fromReadable,
  tcpServer,
  toWritable,
  type ConnectionContext,
  type ConnectionHandler,
  type DrainReport,
  type TcpServer,
  type TcpServerOptions,
} from '../../../lib/adapters/node/index.js';
import { eventually } from '../../support/eventually.js';
import { describeExit, Gate, reported } from '../../support/journal.js';
import { nextMacrotask } from '../../support/macrotask.js';
import { rejection } from '../../support/rejection.js';
import { selfSigned } from './support/certificate.js';
import { failingHandlers } from './support/failing-handlers.js';
import { RawClient } from './support/raw-client.js';

const echo: ConnectionHandler = (socket) => toWritable(fromReadable(socket), socket);

/** Something that is held for a connection, and what became of it. */
class Held {
  readonly exits: string[] = [];
  readonly gate = new Gate();
  readonly session = resource({
    name: 'session',
    acquire: () => 'session',
    release: async (_value: string, exit: Exit) => {
      this.exits.push(describeExit(exit));
      await this.gate.promise;
    },
  });
}

function open(onConnection: ConnectionHandler, options: TcpServerOptions = {}): Promise<Lease<TcpServer>> {
  return lease(tcpServer(onConnection, { deadline: Infinity, ...options }));
}

describe('tcpServer', () => {
  it('listens when it is entered, and no more when it is left', async () => {
    let seen!: TcpServer;
    const answer = using(tcpServer(echo, { allowHalfOpen: true }), async (server) => {
      seen = server;
      const client = await RawClient.open(server.port);
      client.send('hello').socket.end();
      await client.closed;
      return client.received;
    });
    expect(await lastValue(answer)).toBe('hello');
    expect([seen.host, seen.server.listening, seen.isDraining]).toEqual(['127.0.0.1', false, true]);
    const [error] = (await once(connect(seen.port, '127.0.0.1'), 'error')) as [NodeJS.ErrnoException];
    expect(error.code).toBe('ECONNREFUSED');
  });

  it('fails where the port is taken, and leaves nothing', async () => {
    const first = await open(echo);
    const before = process.listenerCount('exit');
    expect(await rejection(open(echo, { port: first.value.port }))).toMatchObject({ code: 'EADDRINUSE' });
    expect(process.listenerCount('exit')).toBe(before);
    await first.release();
    const second = await open(echo, { port: first.value.port });
    expect(second.value.port).toBe(first.value.port);
    await second.release();
  });

  it('refuses what it cannot work with at the call', () => {
    expect(() => tcpServer(createServer() as never)).toThrow(
      'Expected a function that serves a connection, received object',
    );
    expect(() => tcpServer(echo, { port: -1 })).toThrow(RangeError);
    expect(() => tcpServer(echo, { deadline: Number.NaN })).toThrow('Expected deadline to be a number of milliseconds');
    expectTypeOf(tcpServer(() => undefined)).toEqualTypeOf<Resource<TcpServer>>();
  });

  it('is lost where the server fails or is closed from elsewhere', async () => {
    for (const end of [
      ({ server }: TcpServer) => server.emit('error', new Error('accept EMFILE')),
      ({ server }: TcpServer) => server.close(),
    ]) {
      const work = using(tcpServer(echo, { name: 'echo' }), (server) => {
        setImmediate(() => end(server));
        return NEVER;
      });
      const error = await rejection(lastValue(work));
      expect(error).toBeInstanceOf(ResourceLostError);
      expect(String((error as ResourceLostError).cause)).toMatch(/accept EMFILE|"echo" was closed from elsewhere/);
    }
  });

  it('speaks TLS, and closes on exit who has not shaken hands', async () => {
    const server = await open(echo, { tls: selfSigned(), allowHalfOpen: true });
    const client = await (await RawClient.openSecurely(server.value.port)).send('hello').until('hello');
    const silent = await RawClient.open(server.value.port);
    await eventually('both are there', () => server.value.connections === 2);
    client.socket.end();
    await client.closed;
    await server.release();
    await silent.closed;
    expect([client.error, silent.error]).toEqual([null, null]);
  });

  describe('with a connection', () => {
    it('closes it when its scope has completed, after what was written', async () => {
      const server = await open((socket) => {
        socket.write('much '.repeat(4_000_000)); // more than fits into the buffers of the system
        return EMPTY;
      });
      const client = await RawClient.open(server.value.port);
      await client.closed;
      expect([client.received.length, client.error]).toEqual([20_000_000, null]);
      await server.release();
    });

    it('closes it where nothing is answered', async () => {
      const server = await open((socket) => void socket.write('bye'));
      const client = await RawClient.open(server.value.port);
      await client.closed;
      expect(client.received).toBe('bye');
      await server.release();
    });

    it('leaves its scope when the client has hung up', async () => {
      const { exits, gate, session } = new Held();
      gate.open();
      const server = await open((socket) => using(session, () => merge(NEVER, fromReadable(socket))));
      const client = await RawClient.open(server.value.port);
      await eventually('it is there', () => server.value.connections === 1);
      await client.destroy();
      await eventually('it was left', () => exits.length > 0);
      expect(exits).toEqual(['unsubscribe']);
      await eventually('it is gone', () => server.value.connections === 0);
      await server.release();
    });

    it('leaves its scope where the client has broken off', async () => {
      const { exits, gate, session } = new Held();
      gate.open();
      const server = await open(() => using(session, () => NEVER));
      const client = await RawClient.open(server.value.port);
      await eventually('it is there', () => server.value.connections === 1);
      client.socket.resetAndDestroy();
      await eventually('it was left', () => exits.length > 0);
      expect([exits, await reported()]).toEqual([['unsubscribe'], []]);
      await server.release();
    });

    it.each(['plain', 'secure'])(
      'gives a scope the time that it takes after the end of a %s client, where both sides end for themselves',
      async (kind) => {
        const saved: string[] = [];
        const saving = new Gate();
        const handler: ConnectionHandler = (socket) =>
          concat(
            fromReadable<Buffer>(socket).pipe(tap((chunk) => saved.push(String(chunk)))),
            saving.promise.then(() => socket.write('saved')),
          );
        const tls = kind === 'secure' ? { tls: selfSigned() } : {};
        const server = await open(handler, { allowHalfOpen: true, ...tls });
        const { port } = server.value;
        const client = await (kind === 'secure' ? RawClient.openSecurely(port) : RawClient.open(port));
        client.send('data').socket.end();
        await eventually('it has come', () => saved.length > 0);
        await nextMacrotask();
        saving.open();
        await client.closed;
        expect([saved, client.received]).toEqual([['data'], 'saved']);
        await server.release();
      },
    );

    it.each(failingHandlers)('closes it where the handler %s, and reports that', async (_how, handler) => {
      const server = await open(handler);
      const client = await RawClient.open(server.value.port);
      await client.closed;
      expect(await reported()).toEqual(['boom']);
      await server.release();
    });

    it('reports no failure of which the connection is the cause', async () => {
      const heard: string[] = [];
      const ends: unknown[] = [];
      const server = await open((socket) =>
        fromReadable(socket).pipe(
          tap({
            next: (chunk) => void heard.push(String(chunk)),
            error: (error: unknown) => ends.push((error as NodeJS.ErrnoException).code),
          }),
        ),
      );
      const client = (await RawClient.open(server.value.port)).send('hello');
      await eventually('it has come', () => heard.length > 0);
      client.socket.resetAndDestroy();
      await eventually('it has ended', () => ends.length > 0);
      await server.release();
      expect([ends, await reported()]).toEqual([['ECONNRESET'], []]);
    });

    it('reads no more than it can write', async () => {
      const gate = new Gate();
      let taken = 0;
      const server = await open((socket) =>
        pull(fromReadable<Buffer>(socket), async (chunk) => {
          taken += chunk.length;
          await gate.promise;
        }),
      );
      const client = await RawClient.open(server.value.port);
      const sent = 64 * 1024 * 1024;
      client.socket.write(Buffer.alloc(sent));
      await eventually('something has come', () => taken > 0);
      for (let turn = 0; turn < 50; turn++) await nextMacrotask();
      expect([taken < sent / 10, client.socket.writableLength > 0]).toEqual([true, true]);
      await client.destroy();
      gate.open();
      await server.release();
    });
  });

  describe('left', () => {
    it('tells those who serve, and waits for them', async () => {
      const signals: AbortSignal[] = [];
      const handler = (_socket: unknown, { signal }: ConnectionContext): Observable<never> => {
        signals.push(signal);
        return new Observable((subscriber) => {
          signal.addEventListener('abort', () => void asked.promise.then(() => subscriber.complete()));
        });
      };
      const asked = new Gate();
      const server = await open(handler);
      const client = await RawClient.open(server.value.port);
      await eventually('it is there', () => signals.length === 1);
      expect(signals[0]?.aborted).toBe(false);
      let isDone = false;
      const done = server.release().then(() => (isDone = true));
      expect([signals[0]?.aborted, server.value.server.listening]).toEqual([true, false]);
      await nextMacrotask();
      expect(isDone).toBe(false);
      asked.open();
      await client.closed;
      await done;
      expect(client.error).toBeNull();
    });

    it.each<[string, (client: RawClient) => unknown, string]>([
      ['whose scope is over', () => undefined, 'complete'],
      ['that has hung up', (client) => client.destroy(), 'unsubscribe'],
    ])('waits for what a connection has left to release %s', async (_which, end, exit) => {
      const { exits, gate, session } = new Held();
      const body = exit === 'complete' ? of('done') : NEVER;
      const server = await open((socket) => using(session, () => merge(body, fromReadable(socket)).pipe(take(1))));
      const client = await RawClient.open(server.value.port);
      await eventually('it is there', () => server.value.connections === 1);
      await end(client);
      await eventually('it was left', () => exits.length > 0);
      let isDone = false;
      const done = server.release().then(() => (isDone = true));
      await nextMacrotask();
      expect(isDone).toBe(false);
      gate.open();
      await done;
      await client.closed;
      expect(exits).toEqual([exit]);
    });

    it('does not end the process over an error of the server', async () => {
      const gate = new Gate<string>();
      const server = await open(() => gate.promise);
      const client = await RawClient.open(server.value.port);
      await eventually('it is there', () => server.value.connections === 1);
      const done = server.release();
      expect(server.value.server.emit('error', new Error('accept EMFILE'))).toBe(true);
      gate.open('done');
      await client.closed;
      await done;
    });

    it('cuts at the deadline what is still served, and names it', async () => {
      const { exits, gate, session } = new Held();
      gate.open();
      const scheduler = new VirtualTimeScheduler();
      const reports: DrainReport[] = [];
      const server = await open(() => using(session, () => NEVER), {
        name: 'echo',
        deadline: 1000,
        scheduler,
        onDrain: (report) => reports.push(report),
      });
      const client = await RawClient.open(server.value.port);
      await eventually('it is there', () => server.value.connections === 1);
      const done = server.release();
      scheduler.flush();
      const error = (await rejection(done)) as DrainTimeoutError;
      await client.closed;
      expect(error).toBeInstanceOf(DrainTimeoutError);
      expect(error.message).toMatch(
        /^"echo" cut a connection that was in use 1000 ms .*: active \(127\.0\.0\.1:\d+\)\. /,
      );
      expect(reports).toMatchObject([{ duration: 1000, cut: [{ state: 'active', requests: [] }] }]);
      expect(exits).toEqual(['unsubscribe']);
    });

    it('cuts all at once with a deadline of 0, and fails not', async () => {
      const reports: DrainReport[] = [];
      const body: ConnectionHandler = (socket) =>
        new Observable((subscriber) => finished(socket, (error) => subscriber.error(error)));
      const server = await open(body, { deadline: 0, onDrain: (report) => reports.push(report) });
      const client = await RawClient.open(server.value.port);
      await eventually('it is there', () => server.value.connections === 1);
      await server.release();
      await client.closed;
      expect(reports).toMatchObject([{ cut: [{ state: 'active' }] }]);
      expect(await reported()).toEqual([]); // that it was cut is no failure of who served it
    });
  });
});
