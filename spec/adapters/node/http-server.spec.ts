import { once } from 'node:events';
import { createServer, get, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import { createServer as createSecureServer } from 'node:https';
import type { AddressInfo } from 'node:net';
import { setImmediate as turn } from 'node:timers/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expectTypeOf } from 'expect-type';
import Fastify from 'fastify';
import { NEVER, VirtualTimeScheduler } from 'rxjs';
import {
  consume,
  lastValue,
  lease,
  openResources,
  resource,
  ResourceLostError,
  using,
  type Exit,
  type Lease,
  type Resource,
} from '../../../lib/index.js';
import {
  DrainTimeoutError,
  HttpServer,
  httpServer,
  type DrainReport,
  type RequestHandler,
} from '../../../lib/adapters/node/index.js';
import { eventually } from '../../support/eventually.js';
import { describeExit, Gate, reported } from '../../support/journal.js';
import { nextMacrotask } from '../../support/macrotask.js';
import { rejection } from '../../support/rejection.js';
import { selfSigned } from './support/certificate.js';
import { failingHandlers } from './support/failing-handlers.js';
import { useProgram } from './support/program.js';
import { RawClient } from './support/raw-client.js';

const hello = (_request: IncomingMessage, response: ServerResponse): void => void response.end('hello');

async function textOf(url: string): Promise<string> {
  const [response] = (await once(get(url, { agent: false }), 'response')) as [IncomingMessage];
  let text = '';
  for await (const chunk of response.setEncoding('utf8')) text += String(chunk);
  return text;
}

/** How many listeners a server has for each event. */
function listenersOf(server: NodeJS.EventEmitter): Record<string, number> {
  return Object.fromEntries(server.eventNames().map((name) => [String(name), server.listenerCount(name)]));
}

describe('httpServer', () => {
  describe('entered', () => {
    it('listens when it is entered, and no more when it is left', async () => {
      let seen: HttpServer | null = null;
      const text = await lastValue(
        using(httpServer(hello), (server) => {
          seen = server;
          return textOf(server.url);
        }),
      );
      const { server, port, host, url, isDraining } = seen as unknown as HttpServer;
      expect([text, host, url]).toEqual(['hello', '127.0.0.1', `http://127.0.0.1:${String(port)}`]);
      expect([server.listening, isDraining]).toEqual([false, true]);
      expect(await rejection(textOf(url))).toMatchObject({ code: 'ECONNREFUSED' });
    });

    it('has a server of its own in each scope', async () => {
      const server = httpServer(hello);
      const [one, other] = await Promise.all([lease(server), lease(server)]);
      expect(one.value.port).not.toBe(other.value.port);
      expect(await Promise.all([textOf(one.value.url), textOf(other.value.url)])).toEqual(['hello', 'hello']);
      await Promise.all([one.release(), other.release()]);
    });

    it('listens where it is told to', async () => {
      const free = await lease(httpServer(hello));
      const { port } = free.value;
      await free.release();
      const held = await lease(httpServer(hello, { host: '0.0.0.0', port }));
      expect([held.value.host, held.value.port, held.value.url]).toEqual([
        '0.0.0.0',
        port,
        `http://127.0.0.1:${String(port)}`,
      ]);
      expect(await textOf(held.value.url)).toBe('hello');
      await held.release();
    });

    it('has an address that a client can use, for IPv6 as well', async () => {
      const held = await lease(httpServer(hello, { host: '::1' }));
      expect(held.value.url).toBe(`http://[::1]:${String(held.value.port)}`);
      expect(await textOf(held.value.url)).toBe('hello');
      await held.release();
    });

    it('fails where the port is taken, and leaves nothing', async () => {
      const first = await lease(httpServer(hello));
      const server = createServer(hello);
      const before = listenersOf(server);
      const second = httpServer(server, { port: first.value.port });
      expect(await rejection(lease(second))).toMatchObject({ code: 'EADDRINUSE' });
      expect([listenersOf(server), server.listening, openResources().length]).toEqual([before, false, 1]);
      await first.release();
      const third = await lease(second);
      expect(await textOf(third.value.url)).toBe('hello');
      await third.release();
    });

    it('refuses what it cannot work with at the call', () => {
      expect(() => httpServer(null as never)).toThrow(
        'Expected a function that answers requests, or a server of node:http, node:https or node:http2, received null',
      );
      expect(() => httpServer({} as never)).toThrow(TypeError);
      expect(() => httpServer(hello, { port: 65_536 })).toThrow('Expected port to be a whole number from 0 to 65535');
      expect(() => httpServer(hello, { deadline: -1 })).toThrow('Expected deadline to be a number of milliseconds');
      expect(() => httpServer(hello, { linger: Number.NaN })).toThrow('Expected linger to be a number of milliseconds');
    });

    it('is typed by the server that it is given', () => {
      const server = createSecureServer();
      expectTypeOf(httpServer(server)).toEqualTypeOf<Resource<HttpServer<typeof server>>>();
      expectTypeOf(httpServer((_request, response) => response.end())).toEqualTypeOf<Resource<HttpServer<Server>>>();
      expectTypeOf(httpServer(async () => 1)).toEqualTypeOf<Resource<HttpServer<Server>>>();
    });
  });

  describe('with a server that was made before', () => {
    it('drains one that listens already, with the connections that it had', async () => {
      const server = createServer(hello).listen(0, '127.0.0.1');
      await once(server, 'listening');
      const { port } = server.address() as AddressInfo;
      const before = await (await RawClient.open(port)).get('/').until('hello');
      const held = await lease(httpServer(server, { port: 1, deadline: Infinity }));
      expect([held.value.server, held.value.port]).toEqual([server, port]);
      const known = await RawClient.open(port);
      await before.get('/').until('hello', 2);
      await eventually('both are known', () => held.value.connections.total === 2);
      await held.release();
      await Promise.all([before.closed, known.closed]);
      expect([before.error, known.error, server.listening]).toEqual([null, null, false]);
    });

    it('closes an idle connection that it never got to know', async () => {
      const server = createServer(hello).listen(0, '127.0.0.1');
      await once(server, 'listening');
      const client = await (await RawClient.open((server.address() as AddressInfo).port)).get('/').until('hello');
      const held = await lease(httpServer(server, { deadline: Infinity }));
      await held.release();
      await client.closed;
      expect(client.error).toBeNull();
    });

    it('cuts at the deadline, and tells, what was under way before', async () => {
      const asked: ServerResponse[] = [];
      const server = createServer((_request, response) => void asked.push(response)).listen(0, '127.0.0.1');
      await once(server, 'listening');
      const client = (await RawClient.open((server.address() as AddressInfo).port)).get('/');
      await eventually('it has come', () => asked.length === 1);
      const held = await lease(httpServer(server, { deadline: 1 }));
      const error = await rejection(held.release());
      expect(error).toMatchObject({ report: { cut: [{ state: 'active', peer: 'unknown', requests: [] }] } });
      await client.closed;
    });

    it('closes behind the first request of a connection that it gets to know late', async () => {
      const server = createServer((_request, response) => {
        response.writeHead(200, { connection: 'keep-alive', 'content-length': 2 }).end('ok');
      });
      await once(server.listen(0, '127.0.0.1'), 'listening');
      const connected = once(server, 'connection');
      const client = await RawClient.open((server.address() as AddressInfo).port);
      await connected;
      const held = await lease(httpServer(server, { deadline: Infinity, lateRequests: 'serve' }));
      const done = held.release();
      client.get('/');
      await client.closed;
      await done;
      expect(client.received).toMatch(/keep-alive[^]*ok$/i);
    });

    it('does not wait for ever for a connection that nobody can close', async () => {
      const sockets: import('node:stream').Duplex[] = [];
      const server = createServer(hello).on(
        'upgrade',
        (_request, socket) => void sockets.push(socket.on('error', () => 0)),
      );
      await once(server.listen(0, '127.0.0.1'), 'listening');
      const client = (await RawClient.open((server.address() as AddressInfo).port)).get(
        '/',
        'connection: upgrade',
        'upgrade: x',
      );
      await eventually('it is upgraded', () => sockets.length === 1);
      const held = await lease(httpServer(server, { deadline: 1 }));
      const error = await rejection(held.release());
      expect(error).toMatchObject({ report: { cut: [{ state: 'active', peer: 'unknown', requests: [] }] } });
      await client.destroy();
      sockets[0]?.destroy();
      await once(server, 'close');
    });

    it('leaves no listener on it, and can be entered again', async () => {
      const server = createServer(hello).on('upgrade', () => undefined);
      const before = listenersOf(server);
      const held = httpServer(server);
      for (let round = 0; round < 2; round++) {
        const { value, release } = await leaseBound(held);
        expect(await textOf(value.url)).toBe('hello');
        await release();
        expect(listenersOf(server)).toEqual(before);
      }
    });

    it('puts those who answer back where it has refused requests meanwhile', async () => {
      const server = createServer(hello).on('checkContinue', hello);
      const held = await lease(httpServer(server));
      await held.release();
      const again = await lease(httpServer(server));
      expect(await textOf(again.value.url)).toBe('hello');
      await again.release();
    });

    it('is not drained by two scopes', async () => {
      const server = createServer(hello);
      const first = await lease(httpServer(server));
      const error = await rejection(lease(httpServer(server)));
      expect([error, String(error)]).toMatchObject([expect.any(TypeError), expect.stringContaining('another scope')]);
      expect(await textOf(first.value.url)).toBe('hello');
      await first.release();
    });

    it('can be one on a local socket', async () => {
      const path = join(tmpdir(), `rxscope-${String(process.pid)}.sock`);
      const server = createServer(hello).listen(path);
      await once(server, 'listening');
      const held = await lease(httpServer(server));
      expect([held.value.url, held.value.host, held.value.port]).toEqual([`unix:${path}`, path, 0]);
      await held.release();
    });

    it('can be the one of Fastify, which finishes what is under way', async () => {
      const gate = new Gate();
      const app = Fastify({
        serverFactory: (handler) => createServer((request, response) => handler(request, response)),
      });
      app.get('/', async () => {
        await gate.promise;
        return { served: true };
      });
      await app.ready();
      const held = await lease(httpServer(app.server, { deadline: Infinity }));
      const answer = textOf(held.value.url);
      await eventually('it has come', () => held.value.connections.active === 1);
      const done = held.release();
      gate.open();
      expect(await answer).toBe('{"served":true}');
      await done;
      await app.close();
    });

    it('knows a request with Expect: 100-continue that somebody answers by hand', async () => {
      const gate = new Gate();
      const server = createServer().on('checkContinue', (_request, response) => {
        response.writeContinue();
        void gate.promise.then(() => response.end('continued'));
      });
      const held = await lease(httpServer(server, { deadline: Infinity }));
      const client = await RawClient.open(held.value.port);
      client.send('POST / HTTP/1.1\r\nhost: localhost\r\nexpect: 100-continue\r\ncontent-length: 0\r\n\r\n');
      await client.until('100 Continue');
      expect(held.value.connections).toMatchObject({ active: 1 });
      const done = held.release();
      gate.open();
      await client.closed;
      await done;
      expect(client.received).toMatch(/connection: close[^]*continued$/i);
    });
  });

  describe('lost', () => {
    it('ends its scope where the server fails', async () => {
      const server = createServer(hello);
      const boom = new Error('accept EMFILE');
      const work = lastValue(
        using(httpServer(server), () => {
          setImmediate(() => server.emit('error', boom));
          return NEVER;
        }),
      );
      const error = await rejection(work);
      expect(error).toBeInstanceOf(ResourceLostError);
      expect([(error as ResourceLostError).cause, server.listening]).toEqual([boom, false]);
    });

    it('ends its scope where somebody else closes the server', async () => {
      let closings = 0;
      const server = createServer(hello).on('close', () => closings++);
      const work = lastValue(
        using(httpServer(server, { name: 'api' }), () => {
          setImmediate(() => server.close());
          return NEVER;
        }),
      );
      const error = (await rejection(work)) as ResourceLostError;
      expect([error.message, String(error.cause)]).toEqual([
        '"api" was lost while it was held.',
        'ClosedError: "api" was closed from elsewhere.',
      ]);
      await nextMacrotask();
      expect(closings).toBe(1);
    });

    it('does not end the process over an error while it is drained', async () => {
      const gate = new Gate();
      const server = createServer((_request, response) => void gate.promise.then(() => response.end()));
      const held = await lease(httpServer(server));
      const answer = textOf(held.value.url);
      await eventually('it has come', () => held.value.connections.active === 1);
      const done = held.release();
      server.emit('error', new Error('accept EMFILE'));
      gate.open();
      await answer;
      await done;
      expect(server.listening).toBe(false);
    });
  });

  describe('at its deadline', () => {
    it('fails with an error that names what was cut, joined with the error of the body', async () => {
      const scheduler = new VirtualTimeScheduler();
      const reports: DrainReport[] = [];
      const server = httpServer(() => undefined, {
        name: 'api',
        deadline: 500,
        scheduler,
        onDrain: (r) => reports.push(r),
      });
      const held = await lease(server);
      const clients = await Promise.all(Array.from({ length: 7 }, () => RawClient.open(held.value.port)));
      clients.forEach((client, index) => client.get(`/${String(index)}`));
      await eventually('all have come', () => held.value.connections.active === 7);
      const done = held.release();
      scheduler.flush();
      const error = (await rejection(done)) as DrainTimeoutError;
      await Promise.all(clients.map(({ closed }) => closed));
      expect([error.name, error.code, error.resource]).toEqual(['DrainTimeoutError', 'RXSCOPE_DRAIN_TIMEOUT', 'api']);
      expect(error.message).toMatch(
        /^"api" cut 7 connections that were in use 500 ms after it had stopped listening: GET \/\d \(127\.0\.0\.1:\d+\), .*, and 2 more\. /,
      );
      expect(reports).toEqual([error.report]);
      expect(error.report).toMatchObject({ duration: 500, refused: 0 });
      expect(error.report.cut).toHaveLength(7);
    });

    it('is joined with the error of the body', async () => {
      const body = new Error('boom');
      const held = await lease(httpServer(() => undefined, { deadline: 1 }));
      const client = (await RawClient.open(held.value.port)).get('/');
      await eventually('it has come', () => held.value.connections.active === 1);
      const error = await rejection(held.release({ kind: 'error', error: body }));
      await client.closed;
      expect(error).toMatchObject({ name: 'SuppressedError', error: { name: 'DrainTimeoutError' }, suppressed: body });
    });

    it('is never, where that is asked for, or where no timer could be set to it', async () => {
      for (const deadline of [Infinity, 2 ** 31]) {
        const scheduler = new VirtualTimeScheduler();
        const responses: ServerResponse[] = [];
        const held = await lease(httpServer((_, response) => void responses.push(response), { deadline, scheduler }));
        const client = (await RawClient.open(held.value.port)).get('/');
        await eventually('it has come', () => responses.length === 1);
        const done = held.release();
        scheduler.flush();
        responses[0]?.end('in time');
        await client.closed;
        await done;
        expect(client.received).toContain('in time');
      }
    });
  });

  describe('with a function that answers with a scope', () => {
    /** A resource that is used for a request, and what becomes of it. */
    function used() {
      const exits: string[] = [];
      const gate = new Gate();
      const row = resource({
        name: 'row',
        acquire: () => 'row',
        release: async (_value: string, exit: Exit) => {
          exits.push(describeExit(exit));
          await gate.promise;
        },
      });
      return { exits, gate, row };
    }

    async function served<T>(handler: RequestHandler, client: (held: Lease<HttpServer>) => Promise<T>): Promise<T> {
      return client(await lease(httpServer(handler, { deadline: Infinity })));
    }

    it('releases it after the response, and has the drain wait for that', async () => {
      const { exits, gate, row } = used();
      const handler = (_request: IncomingMessage, response: ServerResponse) =>
        using(row, async (value) => void response.end(value));
      await served(handler, async (held) => {
        expect(await textOf(held.value.url)).toBe('row');
        expect(exits).toEqual(['complete']);
        let isDone = false;
        const done = held.release().then(() => (isDone = true));
        await once(held.value.server, 'close');
        await nextMacrotask();
        expect(isDone).toBe(false);
        gate.open();
        await done;
      });
    });

    it('has the drain wait for all of them', async () => {
      const work = [new Gate<string>(), new Gate<string>()];
      let isDone = false;
      const handler = ({ url = '' }: IncomingMessage, response: ServerResponse) => {
        response.end('accepted');
        return work[Number(url.slice(1))]?.promise;
      };
      await served(handler, async (held) => {
        expect(await Promise.all([0, 1].map((n) => textOf(`${held.value.url}/${String(n)}`)))).toHaveLength(2);
        const done = held.release().then(() => void (isDone = true));
        await once(held.value.server, 'close');
        work[0]?.open('done');
        await nextMacrotask();
        expect(isDone).toBe(false);
        work[1]?.open('done');
        await done;
      });
    });

    it('leaves it when the client hangs up before the response is finished', async () => {
      const { exits, gate, row } = used();
      gate.open();
      const handler = (_request: IncomingMessage, response: ServerResponse) =>
        using(row, () => {
          response.write('some of it');
          return NEVER;
        });
      await served(handler, async (held) => {
        const client = (await RawClient.open(held.value.port)).get('/');
        await client.until('some of it');
        expect(exits).toEqual([]);
        await client.destroy();
        await eventually('it was left', () => exits.length > 0);
        expect(exits).toEqual(['unsubscribe']);
        await held.release();
      });
    });

    it('lets it go on after the response, also when the client has gone', async () => {
      const { exits, gate, row } = used();
      gate.open();
      const work = new Gate<string>();
      const handler = (_request: IncomingMessage, response: ServerResponse) =>
        using(row, () => {
          response.end('accepted');
          return work.promise;
        });
      await served(handler, async (held) => {
        expect(await textOf(held.value.url)).toBe('accepted');
        const done = held.release();
        await once(held.value.server, 'close');
        expect(exits).toEqual([]);
        work.open('done');
        await done;
        expect(exits).toEqual(['complete']);
      });
    });

    it('waits for an async function, which cannot be left', async () => {
      const work = new Gate();
      let isOver = false;
      const handler = async (_request: IncomingMessage, response: ServerResponse) => {
        response.write('some of it');
        await work.promise;
        isOver = true;
      };
      await served(handler, async (held) => {
        const client = await (await RawClient.open(held.value.port)).get('/').until('some of it');
        await client.destroy();
        let isDone = false;
        const done = held.release().then(() => void (isDone = true));
        await once(held.value.server, 'close');
        await nextMacrotask();
        expect([isOver, isDone]).toEqual([false, false]);
        work.open();
        await done;
        expect(isOver).toBe(true);
      });
    });

    it.each(failingHandlers)('answers with 500 where it %s, and reports it', async (_how, handler) => {
      await served(handler, async (held) => {
        const client = await (await RawClient.open(held.value.port)).get('/').until('500');
        expect(await reported()).toEqual(['boom']);
        expect(held.value.connections).toMatchObject({ idle: 1 });
        await held.release();
        await client.closed;
      });
    });

    it('cuts the connection where it fails in the middle of a response', async () => {
      const handler = async (_request: IncomingMessage, response: ServerResponse) => {
        response.writeHead(200, { 'content-length': 100 }).write('some of it');
        await turn();
        throw new Error('boom');
      };
      await served(handler, async (held) => {
        const client = (await RawClient.open(held.value.port)).get('/');
        await client.closed;
        expect(client.received.includes('500')).toBe(false);
        expect(await reported()).toEqual(['boom']);
        await held.release();
      });
    });

    it('reports what a release fails with, once the client has hung up, and drains all the same', async () => {
      const row = resource({
        acquire: () => 'row',
        release: () => {
          throw new Error('not given back');
        },
      });
      const handler = (_request: IncomingMessage, response: ServerResponse) =>
        using(row, () => {
          response.write('some of it');
          return NEVER;
        });
      await served(handler, async (held) => {
        const client = await (await RawClient.open(held.value.port)).get('/').until('some of it');
        await client.destroy();
        await held.release();
        expect(await reported()).toEqual(['not given back']);
      });
    });

    it('leaves at the deadline what went on after its response, and names it', async () => {
      const { exits, gate, row } = used();
      gate.open();
      const scheduler = new VirtualTimeScheduler();
      const handler = (_request: IncomingMessage, response: ServerResponse) =>
        using(row, () => {
          response.end('accepted');
          return NEVER;
        });
      const held = await lease(httpServer(handler, { deadline: 1000, scheduler }));
      expect(await textOf(`${held.value.url}/job`)).toBe('accepted');
      const done = held.release();
      await once(held.value.server, 'close');
      scheduler.flush();
      const error = (await rejection(done)) as DrainTimeoutError;
      expect([exits, error.report.cut]).toMatchObject([['unsubscribe'], [{ state: 'active', requests: ['GET /job'] }]]);
      expect(error.report.cut[0]?.peer).toMatch(/^127\.0\.0\.1:\d+$/);
    });

    it('names a request once that is cut with its connection', async () => {
      const scheduler = new VirtualTimeScheduler();
      const held = await lease(httpServer(() => NEVER, { deadline: 1000, scheduler }));
      const client = (await RawClient.open(held.value.port)).get('/');
      await eventually('it has come', () => held.value.connections.active === 1);
      const done = held.release();
      scheduler.flush();
      expect(await rejection(done)).toMatchObject({ report: { cut: [{ requests: ['GET /'] }] } });
      await client.closed;
    });

    it('takes nothing else for a scope', async () => {
      for (const answer of [1, 'text', ['one'], null, undefined, {}]) {
        const handler = (_request: IncomingMessage, response: ServerResponse): never => {
          response.end('plain');
          return answer as never;
        };
        await served(handler, async (held) => {
          expect(await textOf(held.value.url)).toBe('plain');
          await held.release();
        });
      }
    });
  });

  describe('in a process of its own', () => {
    const program = useProgram('spec/adapters/node/support/serving-program.ts');

    it('lets it end by itself, with clients that stay connected (S9)', async () => {
      const child = program.start();
      await child.printed('listens');
      const [, web = 0, echo = 0] = (child.lines[0] ?? '').split(' ').map(Number);
      const idle = await (await RawClient.open(web)).get('/').until('served');
      const fresh = await RawClient.open(web);
      const spoken = await (await RawClient.open(echo)).send('hello').until('hello');
      const last = (await RawClient.open(web)).get('/stop');
      await Promise.all([idle.closed, fresh.closed, last.closed]);
      expect(last.received).toMatch(/connection: close[^]*served$/i);
      spoken.socket.end();
      expect(await child.ended).toEqual({ code: 0, signal: null });
      expect([child.lines.slice(1), child.complaint]).toEqual([['released', 'gone'], '']);
      expect([idle, fresh, spoken, last].map(({ error }) => error)).toEqual([null, null, null, null]);
    });
  });

  it('speaks HTTPS with a key and a certificate', async () => {
    const held = await lease(httpServer(hello, { tls: selfSigned() }));
    const client = await (await RawClient.openSecurely(held.value.port)).get('/').until('hello');
    expect(held.value.url).toMatch(/^https:/);
    await held.release();
    await client.closed;
  });

  it('is drained in the background where its consumer leaves', async () => {
    const gate = new Gate();
    let server!: HttpServer;
    const handler = (_request: IncomingMessage, response: ServerResponse): void => {
      void gate.promise.then(() => response.end('in time'));
    };
    const consumption = consume(httpServer(handler), (value) => (server = value));
    await eventually('it listens', () => (server as HttpServer | undefined) !== undefined);
    const answer = textOf(server.url);
    await eventually('it has come', () => server.connections.active === 1);
    const closed = consumption.close();
    expect(server.isDraining).toBe(true);
    gate.open();
    expect(await answer).toBe('in time');
    await closed;
    expect(server.server.listening).toBe(false);
  });
});

async function leaseBound<T>(of: Resource<T>): Promise<{ value: T; release: () => Promise<unknown> }> {
  const held = await lease(of);
  return { value: held.value, release: () => held.release() };
}
