/**
 * What becomes of a connection when its server is left, by what it is at. None of these servers has a deadline where a spec
 * does not say so: a release that ends has waited for nothing but what it says.
 */
import { once } from 'node:events';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import {
  connect as connectHttp2,
  createSecureServer,
  createServer as createHttp2Server,
  type ClientHttp2Session,
  type ServerHttp2Stream,
} from 'node:http2';
import { connect } from 'node:net';
import { connect as connectSecurely } from 'node:tls';
import { of, tap, VirtualTimeScheduler } from 'rxjs';
import { lease, type Lease } from '../../../lib/index.js';
import {
  DrainTimeoutError,
  httpServer,
  type DrainReport,
  type HttpServer,
  type HttpServerOptions,
} from '../../../lib/adapters/node/index.js';
import { eventually } from '../../support/eventually.js';
import { reported } from '../../support/journal.js';
import { nextMacrotask } from '../../support/macrotask.js';
import { rejection } from '../../support/rejection.js';
import { selfSigned } from './support/certificate.js';
import { RawClient, requestOf } from './support/raw-client.js';

type Asked = [IncomingMessage, ServerResponse];

/** A server whose requests wait to be answered by hand. */
class Desk {
  readonly asked: Asked[] = [];
  readonly reports: DrainReport[] = [];
  private constructor(readonly held: Lease<HttpServer<Server>>) {}

  static async open(options: HttpServerOptions = {}): Promise<Desk> {
    const asked: Asked[] = [];
    const reports: DrainReport[] = [];
    const server = httpServer(
      (request, response) => {
        if (request.url === '/now') response.end('now');
        else asked.push([request, response]);
      },
      { deadline: Infinity, onDrain: (report) => reports.push(report), ...options },
    );
    const desk = new Desk(await lease(server));
    Object.assign(desk, { asked, reports });
    return desk;
  }

  get server(): HttpServer<Server> {
    return this.held.value;
  }

  client(): Promise<RawClient> {
    return RawClient.open(this.server.port);
  }

  /** The next request that waits. */
  async next(): Promise<Asked> {
    await eventually('a request has come', () => this.asked.length > 0);
    return this.asked.shift() as Asked;
  }

  /** Begins to leave, and answers whether that is over. */
  leave(): { done: Promise<unknown>; isDone: () => boolean } {
    let isDone = false;
    const done = this.held.release({ kind: 'complete' });
    done.then(
      () => (isDone = true),
      () => (isDone = true),
    );
    return { done, isDone: () => isDone };
  }
}

describe('a server that is left', () => {
  describe('with an idle connection', () => {
    it('closes it at once, in order', async () => {
      const desk = await Desk.open();
      const client = await (await desk.client()).get('/now').until('now');
      expect(desk.server.connections).toMatchObject({ total: 1, idle: 1 });
      await desk.leave().done;
      await client.closed;
      expect(client.error).toBeNull();
    });

    it('closes a hundred of them', async () => {
      const desk = await Desk.open();
      const clients = await Promise.all(Array.from({ length: 100 }, () => desk.client()));
      await Promise.all(clients.map((client) => client.get('/now').until('now')));
      expect(desk.server.connections).toMatchObject({ total: 100, idle: 100 });
      await desk.leave().done;
      await Promise.all(clients.map(({ closed }) => closed));
      expect(clients.filter(({ error }) => error !== null)).toEqual([]);
    });
  });

  describe('with a connection that has not asked yet', () => {
    it('closes it at once, in order', async () => {
      const desk = await Desk.open();
      const client = await desk.client();
      await eventually('it is there', () => desk.server.connections.fresh === 1);
      await desk.leave().done;
      await client.closed;
      expect(client.error).toBeNull();
    });
  });

  describe('with a request under way', () => {
    it('waits for the response, which says that it is the last one, and closes (S8)', async () => {
      const desk = await Desk.open();
      const client = (await desk.client()).get('/slow');
      const [, response] = await desk.next();
      expect(desk.server.connections).toMatchObject({ total: 1, active: 1 });
      const { done, isDone } = desk.leave();
      await nextMacrotask();
      expect([isDone(), desk.server.isDraining, client.received]).toEqual([false, true, '']);
      response.end('all of it');
      await client.closed;
      await done;
      expect(client.received).toMatch(/connection: close\r\n/i);
      expect(client.received).toMatch(/all of it$/);
      expect(client.error).toBeNull();
    });

    it('closes behind a response that says to keep it alive all the same', async () => {
      const desk = await Desk.open();
      const client = (await desk.client()).get('/slow');
      const [, response] = await desk.next();
      const { done } = desk.leave();
      response.writeHead(200, { connection: 'keep-alive', 'content-length': 2 }).end('ok');
      await client.closed;
      await done;
      expect(client.received).toMatch(/connection: keep-alive[^]*ok$/i);
    });

    it.each(['in order', 'the last one first'])(
      'sends all responses of a pipeline, of which the last one says that it is: answered %s',
      async (order) => {
        const desk = await Desk.open();
        const client = (await desk.client()).get('/first').get('/second');
        const [[, first], [, second]] = [await desk.next(), await desk.next()];
        const { done } = desk.leave();
        if (order === 'in order') {
          first.end('one');
          await client.until('one');
          second.end('two');
        } else {
          second.end('two');
          first.end('one');
        }
        await client.closed;
        await done;
        expect(client.received).toMatch(/one[^]*connection: close[^]*two$/i);
        expect(client.received.match(/connection: close/gi)).toHaveLength(1);
      },
    );

    it('closes in order where the client goes away meanwhile', async () => {
      const desk = await Desk.open();
      const client = (await desk.client()).get('/slow');
      const [, response] = await desk.next();
      const { done } = desk.leave();
      const gone = once(response, 'close');
      await client.destroy();
      await gone;
      await done;
      expect(desk.reports).toMatchObject([{ cut: [], refused: 0 }]);
    });
  });

  describe('with a response under way', () => {
    it('waits for its end, and closes although it has not been announced', async () => {
      const desk = await Desk.open();
      const client = (await desk.client()).get('/stream');
      const [, response] = await desk.next();
      response.write('some of it');
      await client.until('some of it');
      const { done, isDone } = desk.leave();
      response.write(', and more');
      await client.until(', and more');
      expect(isDone()).toBe(false);
      response.end(', and the rest');
      await client.closed;
      await done;
      expect(client.received).toMatch(
        /connection: keep-alive[^]*some of it[^]*and more[^]*and the rest[^]*0\r\n\r\n$/i,
      );
      expect(client.error).toBeNull();
    });

    it('ends in order where the client hangs up in the middle', async () => {
      const desk = await Desk.open();
      const client = (await desk.client()).get('/stream');
      const [, response] = await desk.next();
      response.write('some of it');
      await client.until('some of it');
      const { done } = desk.leave();
      await client.destroy();
      await done;
      expect(response.destroyed).toBe(true);
    });
  });

  describe('with a client that connects meanwhile', () => {
    it('refuses the connection', async () => {
      const desk = await Desk.open();
      const client = (await desk.client()).get('/slow');
      const [, response] = await desk.next();
      const { done } = desk.leave();
      const late = connect(desk.server.port, '127.0.0.1');
      const [error] = (await once(late, 'error')) as [NodeJS.ErrnoException];
      expect(error.code).toBe('ECONNREFUSED');
      response.end();
      await done;
      await client.closed;
    });
  });

  describe('with an upgraded connection', () => {
    const upgrade = ['connection: upgrade', 'upgrade: websocket'];
    const switching = 'HTTP/1.1 101 Switching Protocols\r\nconnection: upgrade\r\nupgrade: websocket\r\n\r\n';

    it('sends a WebSocket the close frame of a server that goes away, and waits until it is closed', async () => {
      const desk = await Desk.open();
      desk.server.server.on('upgrade', (_request, socket) => {
        socket.write(switching);
        socket.on('data', () => socket.end()); // the client has answered with a close frame of its own
      });
      const client = await (await desk.client()).get('/socket', ...upgrade).until('101');
      expect(desk.server.connections).toMatchObject({ total: 1, upgraded: 1 });
      const { done, isDone } = desk.leave();
      await client.until('\x88\x02\x03\xe9');
      expect(isDone()).toBe(false);
      client.send('\x88\x82\0\0\0\0\x03\xe9');
      await client.closed;
      await done;
      expect(client.received.endsWith('\r\n\r\n\x88\x02\x03\xe9')).toBe(true);
    });

    it('calls the hook in place of that, with the socket and the request', async () => {
      const urls: unknown[] = [];
      const desk = await Desk.open({
        closeUpgraded: (socket, { url }) => {
          urls.push(url);
          return of('bye').pipe(tap((word) => socket.end(word)));
        },
      });
      desk.server.server.on('upgrade', (_request, socket) => socket.write(switching));
      const client = await (await desk.client()).get('/socket', ...upgrade).until('101');
      await desk.leave().done;
      await client.closed;
      expect([urls, client.received.endsWith('\r\n\r\nbye')]).toEqual([['/socket'], true]);
    });

    it('cuts at the deadline what does not leave', async () => {
      const scheduler = new VirtualTimeScheduler();
      const desk = await Desk.open({ deadline: 1000, scheduler });
      desk.server.server.on('upgrade', (_request, socket) => socket.on('error', () => undefined).write(switching));
      const client = await (await desk.client()).get('/socket', ...upgrade).until('101');
      const { done, isDone } = desk.leave();
      await client.until('\x88\x02\x03\xe9');
      expect(isDone()).toBe(false);
      scheduler.flush();
      const error = (await rejection(done)) as DrainTimeoutError;
      await client.closed;
      expect(error.report.cut).toMatchObject([{ state: 'upgraded', requests: ['GET /socket'] }]);
    });

    it('reports what the hook fails with, and waits all the same', async () => {
      const desk = await Desk.open({
        closeUpgraded: (socket) => {
          socket.end();
          throw new Error('no goodbye');
        },
      });
      desk.server.server.on('upgrade', (_request, socket) => socket.write(switching));
      const client = await (await desk.client()).get('/socket', ...upgrade).until('101');
      await desk.leave().done;
      await client.closed;
      expect(await reported()).toEqual(['no goodbye']);
    });

    it('says goodbye at the end of the linger to one that was upgraded meanwhile, and once to the others', async () => {
      const scheduler = new VirtualTimeScheduler();
      const desk = await Desk.open({ linger: 100, scheduler, closeUpgraded: (socket) => void socket.write('bye') });
      desk.server.server.on('upgrade', (_request, socket) => {
        socket.on('data', () => socket.end());
        socket.write(switching);
      });
      const early = await (await desk.client()).get('/socket', ...upgrade).until('101');
      const late = await (await desk.client()).get('/now').until('now');
      const { done } = desk.leave();
      await early.until('bye');
      await late.get('/socket', ...upgrade).until('101');
      expect(late.received.endsWith('\r\n\r\n')).toBe(true);
      scheduler.flush();
      await late.until('bye');
      await Promise.all([early, late].map((client) => client.send('bye').closed));
      await done;
      expect([early, late].map(({ received }) => received.split('bye').length)).toEqual([2, 2]);
    });

    it('says nothing to one whose upgrade has not been answered, and cuts it at the deadline', async () => {
      const scheduler = new VirtualTimeScheduler();
      const desk = await Desk.open({ deadline: 1000, scheduler });
      desk.server.server.on('upgrade', () => undefined);
      const client = (await desk.client()).get('/socket', ...upgrade);
      await eventually('it has come', () => desk.server.connections.upgraded === 1);
      const { done } = desk.leave();
      scheduler.flush();
      expect(await rejection(done)).toMatchObject({ report: { cut: [{ state: 'upgraded' }] } });
      await client.closed;
      expect(client.received).toBe('');
    });

    it('says goodbye to one that comes late where late requests are served', async () => {
      const desk = await Desk.open({ lateRequests: 'serve', closeUpgraded: (socket) => void socket.end('bye') });
      desk.server.server.on('upgrade', (_request, socket) => socket.write(switching));
      const client = (await desk.client()).send('GET /socket HTTP/1.1\r\n');
      await eventually('it has begun', () => desk.server.connections.active === 1);
      const { done } = desk.leave();
      client.send(['host: localhost', ...upgrade, '', ''].join('\r\n'));
      await client.closed;
      await done;
      expect(client.received).toBe(`${switching}bye`);
    });

    it('leaves a request for an upgrade to those who answer requests where nobody listens to upgrades', async () => {
      const desk = await Desk.open();
      const client = await (await desk.client()).get('/now', ...upgrade).until('now');
      expect(desk.server.connections).toMatchObject({ idle: 1 });
      await desk.leave().done;
      await client.closed;
    });

    it('knows a tunnel, says nothing to it, and cuts it', async () => {
      const scheduler = new VirtualTimeScheduler();
      const desk = await Desk.open({ deadline: 1000, scheduler });
      desk.server.server.on('connect', (_request, socket) => socket.write('HTTP/1.1 200 OK\r\n\r\n'));
      const client = await (await desk.client()).send(requestOf('CONNECT', 'elsewhere:1')).until('200 OK');
      expect(desk.server.connections).toMatchObject({ upgraded: 1 });
      const { done } = desk.leave();
      scheduler.flush();
      expect(await rejection(done)).toMatchObject({ report: { cut: [{ requests: ['CONNECT elsewhere:1'] }] } });
      await client.closed;
      expect(client.received).toBe('HTTP/1.1 200 OK\r\n\r\n');
    });
  });

  describe('with a request that does not come to its end', () => {
    it.each([
      ['in its body', requestOf('POST', '/upload', 'content-length: 100') + 'some', ['POST /upload']],
      ['in its head', 'GET /never HT', []],
    ])('waits, and cuts it at the deadline: %s', async (_where, sent, requests) => {
      const scheduler = new VirtualTimeScheduler();
      const desk = await Desk.open({ deadline: 1000, scheduler });
      const client = (await desk.client()).send(sent);
      await eventually('it has begun', () => desk.server.connections.active === 1);
      const { done, isDone } = desk.leave();
      await nextMacrotask();
      expect(isDone()).toBe(false);
      scheduler.flush();
      const error = (await rejection(done)) as DrainTimeoutError;
      await client.closed;
      expect(error).toBeInstanceOf(DrainTimeoutError);
      expect(error.report).toMatchObject({ duration: 1000, cut: [{ state: 'active', requests }] });
      expect(error.report.cut[0]?.peer).toMatch(/^127\.0\.0\.1:\d+$/);
      expect(error.message).toContain(requests[0] ?? 'active');
    });

    it('waits for the rest of a request that was answered before it had arrived', async () => {
      const desk = await Desk.open();
      const client = await desk.client();
      client.send(requestOf('POST', '/now', 'content-length: 8') + 'four');
      await client.until('now');
      expect(desk.server.connections).toMatchObject({ active: 1 });
      const { done, isDone } = desk.leave();
      await nextMacrotask();
      expect(isDone()).toBe(false);
      client.send('more');
      await client.closed;
      await done;
      expect(client.error).toBeNull();
    });
  });

  describe('with requests that come too late', () => {
    it('answers with 503 what arrives behind a request under way, and shows it to nobody', async () => {
      const desk = await Desk.open();
      const client = (await desk.client()).get('/slow');
      const [request, response] = await desk.next();
      const { done } = desk.leave();
      const { bytesRead } = request.socket;
      client.get('/late');
      await eventually('it has come', () => request.socket.bytesRead === bytesRead + requestOf('GET', '/late').length);
      response.end('in time');
      await client.closed;
      await done;
      expect(client.received).toMatch(/in time[^]*503[^]*connection: close/i);
      expect([desk.asked, desk.reports]).toMatchObject([[], [{ refused: 1 }]]);
    });

    it('answers one whose head had begun to arrive', async () => {
      const desk = await Desk.open();
      const client = (await desk.client()).send('GET /late HTTP/1.1\r\n');
      await eventually('it has begun', () => desk.server.connections.active === 1);
      const { done } = desk.leave();
      client.send('host: localhost\r\n\r\n');
      await client.closed;
      await done;
      expect(client.received).toMatch(/^HTTP\/1.1 503[^]*connection: close/i);
    });

    it('serves it where it is told to, and closes behind it', async () => {
      const desk = await Desk.open({ lateRequests: 'serve' });
      const client = (await desk.client()).send('GET /now HTTP/1.1\r\n');
      await eventually('it has begun', () => desk.server.connections.active === 1);
      const { done } = desk.leave();
      client.send('host: localhost\r\n\r\n');
      await client.closed;
      await done;
      expect(client.received).toMatch(/^HTTP\/1.1 200[^]*connection: close[^]*now$/i);
      expect(desk.reports).toMatchObject([{ refused: 0 }]);
    });

    it('keeps idle connections as long as it lingers, and serves a request that was on its way (S11)', async () => {
      const scheduler = new VirtualTimeScheduler();
      const desk = await Desk.open({ linger: 100, scheduler });
      const asking = await (await desk.client()).get('/now').until('now');
      const silent = await (await desk.client()).get('/now').until('now');
      const { done, isDone } = desk.leave();
      await asking.get('/now').until('now', 2);
      await asking.closed;
      expect(asking.received).toMatch(/keep-alive[^]*now[^]*connection: close[^]*now$/i);
      expect([isDone(), desk.server.connections]).toMatchObject([false, { total: 1, idle: 1 }]);
      scheduler.flush();
      await silent.closed;
      await done;
      expect([silent.error, desk.reports]).toMatchObject([null, [{ refused: 0, duration: 100 }]]);
    });

    it('closes before it has lingered where all have gone', async () => {
      const scheduler = new VirtualTimeScheduler();
      const desk = await Desk.open({ linger: 100, scheduler });
      const client = await (await desk.client()).get('/now').until('now');
      const { done } = desk.leave();
      await client.destroy();
      await done;
      expect(desk.reports).toMatchObject([{ duration: 0 }]);
    });
  });

  describe('with a deadline of 0', () => {
    it('cuts everything at once, tells what was in use, and fails not: that was asked for', async () => {
      const desk = await Desk.open({ deadline: 0 });
      const idle = await (await desk.client()).get('/now').until('now');
      const fresh = await desk.client();
      const busy = (await desk.client()).get('/slow');
      await desk.next();
      await eventually('all are there', () => desk.server.connections.total === 3);
      await desk.leave().done;
      await Promise.all([idle, fresh, busy].map(({ closed }) => closed));
      expect(desk.reports).toMatchObject([{ cut: [{ state: 'active', requests: ['GET /slow'] }] }]);
    });
  });

  describe('that speaks TLS', () => {
    const tls = selfSigned();

    it('closes what is idle or has not asked yet, in order, and waits for what is under way', async () => {
      const desk = await Desk.open({ tls });
      const { port, url } = desk.server;
      expect(url).toBe(`https://127.0.0.1:${String(port)}`);
      const [fresh, idle, busy] = await Promise.all([1, 2, 3].map(() => RawClient.openSecurely(port)));
      await idle?.get('/now').until('now');
      busy?.get('/slow');
      const [, response] = await desk.next();
      await eventually('all are there', () => desk.server.connections.total === 3);
      expect(desk.server.connections).toEqual({ total: 3, fresh: 1, idle: 1, active: 1, upgraded: 0 });
      const { done, isDone } = desk.leave();
      await Promise.all([fresh?.closed, idle?.closed]);
      expect(isDone()).toBe(false);
      response.end('in time');
      await busy?.closed;
      await done;
      expect(busy?.received).toMatch(/connection: close[^]*in time$/i);
      expect([fresh?.error, idle?.error, busy?.error]).toEqual([null, null, null]);
    });

    it('closes a connection that has not shaken hands, and no other in its place', async () => {
      const desk = await Desk.open({ tls });
      const silent = await desk.client();
      await eventually('it is there', () => desk.server.connections.fresh === 1);
      const busy = (await RawClient.openSecurely(desk.server.port)).get('/slow');
      const [, response] = await desk.next();
      expect(desk.server.connections).toMatchObject({ total: 2, fresh: 1, active: 1 });
      const { done } = desk.leave();
      await silent.closed;
      response.end('in time');
      await busy.closed;
      await done;
      expect(busy.error).toBeNull();
      await eventually('all are gone', () => desk.server.connections.total === 0);
    });

    it('serves one that shakes hands while the server lingers, and says that it closes', async () => {
      const scheduler = new VirtualTimeScheduler();
      const desk = await Desk.open({ tls, scheduler, linger: 100 });
      const raw = connect(desk.server.port, '127.0.0.1');
      await eventually('it is there', () => desk.server.connections.fresh === 1);
      const { done } = desk.leave();
      const secure = connectSecurely({ socket: raw, rejectUnauthorized: false });
      await once(secure, 'secureConnect');
      const client = new RawClient(secure).get('/now');
      await client.closed;
      await done;
      expect(client.received).toMatch(/connection: close[^]*now$/i);
    });

    it('cuts what is under way at the deadline', async () => {
      const scheduler = new VirtualTimeScheduler();
      const desk = await Desk.open({ tls, scheduler, deadline: 1000 });
      const client = (await RawClient.openSecurely(desk.server.port)).get('/slow');
      await desk.next();
      const { done } = desk.leave();
      scheduler.flush();
      expect(await rejection(done)).toMatchObject({ report: { cut: [{ requests: ['GET /slow'] }] } });
      await client.closed;
    });
  });

  describe('that speaks HTTP/2', () => {
    const tls = selfSigned();
    let clients: ClientHttp2Session[] = [];

    afterEach(async () => {
      for (const client of clients) client.destroy();
      await Promise.all(clients.filter(({ closed }) => !closed).map((client) => once(client, 'close')));
      clients = [];
    });

    /** What a client has been told, and what it has received. */
    async function open(
      url: string,
    ): Promise<{ session: ClientHttp2Session; goaways: number[]; closed: Promise<void> }> {
      const session = connectHttp2(url, { rejectUnauthorized: false });
      clients.push(session);
      const goaways: number[] = [];
      session.on('goaway', (code: number) => goaways.push(code));
      const closed = new Promise<void>((resolve) => session.once('close', () => resolve()));
      await once(session, 'remoteSettings');
      return { session, goaways, closed };
    }

    function get(session: ClientHttp2Session, path: string): Promise<string> {
      const stream = session.request({ ':path': path }).setEncoding('utf8');
      let text = '';
      stream.on('data', (chunk: string) => (text += chunk));
      return new Promise((resolve, reject) => {
        stream.on('end', () => resolve(text)).on('error', reject);
        stream.end();
      });
    }

    const servers = {
      plain: () => createHttp2Server(),
      secure: () => createSecureServer({ ...tls, allowHTTP1: true }),
    };

    describe.each(['plain', 'secure'] as const)('%s', (kind) => {
      async function start(options: HttpServerOptions = {}) {
        const server = servers[kind]();
        const streams: ServerHttp2Stream[] = [];
        server.on('stream', (stream, headers) => {
          stream.respond({ ':status': 200 });
          if (headers[':path'] === '/now') stream.end('now');
          else streams.push(stream);
        });
        const held = await lease(httpServer(server, { deadline: Infinity, ...options }));
        return { held, streams, url: held.value.url };
      }

      it('says goodbye to a session that is idle or has not asked yet', async () => {
        const { held, url } = await start();
        const [idle, fresh] = await Promise.all([open(url), open(url)]);
        expect(await get(idle.session, '/now')).toBe('now');
        await eventually('one is idle', () => held.value.connections.idle === 1);
        expect(held.value.connections).toMatchObject({ total: 2, fresh: 1 });
        await held.release();
        await Promise.all([idle.closed, fresh.closed]);
        expect(idle.goaways).not.toEqual([]);
        expect([...idle.goaways, ...fresh.goaways].every((code) => code === 0)).toBe(true);
      });

      it('waits for a stream under way, told to the client at once', async () => {
        const { held, streams, url } = await start();
        const { session, goaways, closed } = await open(url);
        const answer = get(session, '/slow');
        await eventually('it has come', () => streams.length === 1);
        expect(held.value.connections).toMatchObject({ total: 1, active: 1 });
        let isDone = false;
        const done = held.release().then(() => void (isDone = true));
        await eventually('it was told', () => goaways.length > 0);
        expect(isDone).toBe(false);
        streams[0]?.end('all of it');
        expect(await answer).toBe('all of it');
        await closed;
        await done;
      });

      it('cuts a stream at the deadline, and names it', async () => {
        const scheduler = new VirtualTimeScheduler();
        const { held, streams, url } = await start({ deadline: 1000, scheduler });
        const { session, closed } = await open(url);
        const answer = get(session, '/slow').catch(String);
        await eventually('it has come', () => streams.length === 1);
        const done = held.release();
        scheduler.flush();
        const error = (await rejection(done)) as DrainTimeoutError;
        expect(error.report.cut).toMatchObject([{ state: 'active', requests: ['GET /slow'] }]);
        await closed;
        await answer;
      });
    });

    it('keeps an idle session as long as it lingers, between a GOAWAY that refuses nothing and one that does', async () => {
      const scheduler = new VirtualTimeScheduler();
      const server = createHttp2Server();
      const held = await lease(httpServer(server, { linger: 100, deadline: Infinity, scheduler }));
      const client = await RawClient.open(held.value.port);
      const settings = '\0\0\0\x04\0\0\0\0\0';
      await client.send(`PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n${settings}`).until('\x04\x01\0\0\0\0'); // they were acknowledged
      const goaway = (last: string): string => `\0\0\x08\x07\0\0\0\0\0${last}\0\0\0\0`;
      const done = held.release();
      await client.until(goaway('\x7f\xff\xff\xff'));
      await nextMacrotask();
      expect([held.value.connections.total, client.received.includes(goaway('\0\0\0\0'))]).toEqual([1, false]);
      scheduler.flush();
      await client.until(goaway('\0\0\0\0'));
      await client.closed;
      await done;
      expect(client.error).toBeNull();
    });

    it('knows connections that speak HTTP/1 on the same port', async () => {
      const server = createSecureServer({ ...tls, allowHTTP1: true }, (request, response) => {
        response.end(request.httpVersion);
      });
      const held = await lease(httpServer(server, { deadline: Infinity }));
      const old = await RawClient.openSecurely(held.value.port, ['http/1.1']);
      await old.get('/').until('1.1', 2);
      expect(held.value.connections).toMatchObject({ total: 1, idle: 1 });
      await held.release();
      await old.closed;
      expect(old.error).toBeNull();
    });
  });

  it('does the same however its scope ends', async () => {
    for (const end of ['error', 'unsubscribe'] as const) {
      const server = createServer((_request, response) => response.end('now'));
      const held = await lease(httpServer(server, { deadline: Infinity }));
      const client = await (await RawClient.open(held.value.port)).get('/').until('now');
      await held
        .release(end === 'error' ? { kind: end, error: new Error('boom') } : { kind: end })
        .catch(() => undefined);
      await client.closed;
      expect([client.error, server.listening]).toEqual([null, false]);
    }
  });
});
