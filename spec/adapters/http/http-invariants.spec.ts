import { getEventListeners } from 'node:events';
import type { ServerResponse } from 'node:http';
import { from, mergeMap, NEVER, take, toArray } from 'rxjs';
import {
  ClosedError,
  consume,
  firstValue,
  lastValue,
  lease,
  openResources,
  settled,
  use,
  using,
} from '../../../lib/index.js';
import { httpClient, HttpNetworkError } from '../../../lib/adapters/http/index.js';
import { eventually } from '../../support/eventually.js';
import { rejection } from '../../support/rejection.js';
import { useServed } from './support/served.js';
import { pools, transports } from './support/transports.js';
import { WebServer } from './support/web-server.js';

describe.each(transports)('the invariants of HTTP clients, with %s', (_, transport) => {
  const { server, open, close } = useServed(transport);

  describe('H1', () => {
    it('a response that nobody has read is drained where little is left, and its connection used again', async () => {
      const client = await open({ connections: 1 });
      let finish!: () => void;
      server.answer = (_, response) => {
        response.write('x'.repeat(10_000));
        finish = () => void response.end('end');
      };
      // The end is sent when the scope is as good as left: a body that is all there leaves nothing to be drained.
      const left = client.get('/').pipe(use(({ status }) => [status].map((code) => (finish(), code))));
      for (let i = 0; i < 20; i++) expect(await lastValue(left)).toBe(200);
      // The platform makes as many connections as it likes; broken off, it would be one for each request.
      if (transport.undici !== undefined) expect(server.connections).toBe(1);
      expect(server.connections).toBeLessThan(20);
    });

    it('a long one is broken off, and leaves nothing open', async () => {
      const client = await open();
      let closed = 0;
      server.answer = (_, response) => {
        response.on('close', () => closed++);
        response.write('x'.repeat(1_000_000));
        response.write('x'.repeat(20_000_000));
        response.end();
      };
      expect(await lastValue(client.get('/').pipe(use(({ status }) => [status])))).toBe(200);
      await eventually('the server is told', () => closed === 1);
      await eventually('the connection is closed', () => server.last.socket.destroyed);
    });

    it('one that never ends is broken off after a while', async () => {
      const client = await open();
      server.answer = (_, response) => void response.write('a little');
      expect(await lastValue(client.get('/').pipe(use(({ status }) => [status])))).toBe(200);
      await eventually('the connection is closed', () => server.last.socket.destroyed);
    });

    it('one whose consumer has had enough is broken off at once', async () => {
      const client = await open();
      let closed = 0;
      server.answer = (_, response) => {
        response.on('close', () => closed++);
        response.write('one\ntwo\n');
      };
      const lines = client.get('/').pipe(
        use((response) => response.lines()),
        take(1),
      );
      expect(await firstValue(lines)).toBe('one');
      await eventually('the server is told', () => closed === 1);
    });

    it('one whose consumer fails is broken off', async () => {
      const client = await open();
      let closed = 0;
      server.answer = (_, response) => {
        response.on('close', () => closed++);
        response.write('one');
      };
      const failing = client.get('/').pipe(use(() => Promise.reject(new Error('enough'))));
      expect(await rejection(lastValue(failing))).toEqual(new Error('enough'));
      await eventually('the server is told', () => closed === 1);
    });
  });

  describe('H2', () => {
    it('unsubscribing aborts a request that has no answer yet, and frees its slot', async () => {
      const client = await open({ connections: 1 });
      let closed = 0;
      server.answer = (request, response) => {
        if (request.url === '/never') response.on('close', () => closed++);
        else response.end('next');
      };
      const never = client.text('/never').subscribe();
      await server.saw(1);
      const next = lastValue(client.text('/next'));
      expect(client.stats).toMatchObject({ active: 1, waiting: 1 });
      never.unsubscribe();
      expect(await next).toBe('next');
      await eventually('the server is told', () => closed === 1);
      expect(client.stats).toMatchObject({ active: 0, waiting: 0, origins: {} });
    });

    it('unsubscribing while it waits for a slot takes none', async () => {
      const client = await open({ connections: 1 });
      const answers: ServerResponse[] = [];
      server.answer = (_, response) => void answers.push(response);
      const first = lastValue(client.text('/first'));
      await server.saw(1);
      const left = client.text('/left').subscribe();
      const third = lastValue(client.text('/third'));
      left.unsubscribe();
      answers[0]?.end();
      await server.saw(2);
      answers[1]?.end();
      await Promise.all([first, third]);
      expect(server.seen).toEqual(['GET /first', 'GET /third']);
    });

    it('unsubscribing in the middle of a body aborts it', async () => {
      const client = await open();
      let closed = 0;
      server.answer = (_, response) => {
        response.on('close', () => closed++);
        response.write('a');
      };
      const consumption = consume(client.get('/').pipe(use((response) => response.chunks())));
      await server.saw(1);
      await eventually('the response is held', () => client.stats.active === 1);
      await consumption.close();
      await eventually('the server is told', () => closed === 1);
      expect(client.stats.active).toBe(0);
    });
  });

  describe('H3', () => {
    it('what may have been done is not asked for twice: a POST whose connection breaks', async () => {
      const client = await open({ retry: { count: 2, delay: 0 } });
      server.answer = (request) => request.socket.destroy();
      const error = await rejection(lastValue(client.text('/', { method: 'POST', json: 1 })));
      expect(error).toBeInstanceOf(HttpNetworkError);
      expect(server.seen).toEqual(['POST /']);
    });

    it('what does no harm is: a GET, a PUT and a POST that is said to be idempotent', async () => {
      const client = await open({ retry: { count: 1, delay: 0 } });
      server.answer = (request, response) => {
        const isFirst = server.seen.filter((line) => line === server.seen.at(-1)).length === 1;
        if (isFirst) request.socket.destroy();
        else response.end('done');
      };
      expect(await lastValue(client.text('/'))).toBe('done');
      expect(await lastValue(client.text('/', { method: 'PUT', body: 'text' }))).toBe('done');
      expect(await lastValue(client.text('/', { method: 'POST', body: 'text', idempotent: true }))).toBe('done');
      expect(server.seen).toEqual(['GET /', 'GET /', 'PUT /', 'PUT /', 'POST /', 'POST /']);
    });

    it('any method is where nobody was there to do anything', async () => {
      const gone = await WebServer.start();
      const { port } = gone;
      await gone.stop();
      const client = await open({ retry: { count: 2, delay: 0 } });
      const error = await rejection(lastValue(client.text(`http://127.0.0.1:${String(port)}/`, { method: 'POST' })));
      expect(error).toBeInstanceOf(HttpNetworkError);
      expect(client.stats).toMatchObject({ requests: 1, retries: 2 });
    });

    it('a body that is a stream is sent once, and one that a function opens as often as it takes', async () => {
      const client = await open({ retry: { count: 1, delay: 0 } });
      server.answer = (request, response) => {
        request.resume().on('end', () => {
          response.writeHead(server.seen.length < 3 ? 503 : 200).end('done');
        });
      };
      async function* chunks() {
        yield 'a';
        yield 'b';
      }
      const once = client.text('/', { method: 'PUT', body: chunks() });
      expect(await rejection(lastValue(once))).toMatchObject({ status: 503 });
      expect(server.seen).toHaveLength(1);
      expect(await lastValue(client.text('/', { method: 'PUT', body: chunks }))).toBe('done');
      expect(server.seen).toHaveLength(3);
    });

    it('a response that was handed out is not asked for again', async () => {
      const client = await open({ retry: { count: 2, delay: 0 } });
      server.answer = (_, response) => {
        response.write('a', () => response.destroy());
      };
      expect(await rejection(lastValue(client.text('/')))).toBeInstanceOf(HttpNetworkError);
      expect(server.seen).toHaveLength(1);
    });
  });

  describe('H4', () => {
    it('no more requests than that are under way to one origin, and the others wait in order of arrival', async () => {
      const client = await open({ connections: 3 });
      const other = await WebServer.start();
      const waiting: ServerResponse[] = [];
      server.answer = (_, response) => {
        if (waiting.push(response) < 3) return;
        // Another request goes there and back first: a fourth one would be here by then.
        client.text(other.url).subscribe({ complete: () => waiting.splice(0).forEach((each) => each.end()) });
      };
      const paths = Array.from({ length: 21 }, (_, index) => `/${String(index)}`);
      const all = from(paths).pipe(
        mergeMap((path) => client.text(path)),
        toArray(),
      );
      expect(await lastValue(all)).toHaveLength(21);
      expect(server.most).toBe(3);
      const rounds = server.seen.map((line) => Math.floor(Number(line.slice(5)) / 3));
      expect(rounds).toEqual([...rounds].sort((a, b) => a - b));
      await close();
      await other.stop();
    });

    it('another origin has its own', async () => {
      const other = await WebServer.start();
      const client = await open({ connections: 1 });
      server.answer = () => undefined;
      const never = client.text('/').subscribe();
      await server.saw(1);
      expect(await lastValue(client.text(`${other.url}/`))).toBe('ok');
      expect(client.stats.origins).toEqual({ [server.url]: { active: 1, waiting: 0 } });
      never.unsubscribe();
      await other.stop();
    });
  });

  describe('H5', () => {
    it('closing lets requests finish, and refuses new ones and those that wait', async () => {
      const client = await open({ connections: 1 });
      const answers: ServerResponse[] = [];
      server.answer = (_, response) => void answers.push(response);
      const first = lastValue(client.text('/first'));
      const second = rejection(lastValue(client.text('/second')));
      await server.saw(1);
      const closing = close();
      expect(await second).toBeInstanceOf(ClosedError);
      expect(await rejection(lastValue(client.text('/third')))).toBeInstanceOf(ClosedError);
      answers[0]?.end('in time');
      expect(await first).toBe('in time');
      await closing;
      expect(server.seen).toEqual(['GET /first']);
    });

    it('what takes longer than the deadline is broken off, and told so', async () => {
      const client = await open({ closeTimeout: 20 });
      let closed = 0;
      server.answer = (request, response) => {
        response.on('close', () => closed++);
        if (request.url === '/body') response.write('a');
      };
      const headers = rejection(lastValue(client.text('/headers')));
      const body = rejection(lastValue(client.text('/body')));
      await server.saw(2);
      await close();
      expect(await headers).toBeInstanceOf(ClosedError);
      expect(await body).toBeInstanceOf(ClosedError);
      await eventually('the server is told', () => closed === 2);
    });

    it('a response that is held and not read does not hold up the end', async () => {
      const client = await open({ closeTimeout: 20 });
      server.answer = (_, response) => void response.write('a');
      const response = await lease(client.get('/'));
      await close();
      expect(await rejection(response.value.text())).toBeInstanceOf(ClosedError);
      await response.release();
      await eventually('the connection is closed', () => server.last.socket.destroyed);
    });
  });

  describe('H6', () => {
    it('a signal that lives long has no listener of a request that is over', async () => {
      const client = await open();
      const { signal } = new AbortController();
      for (let i = 0; i < 20; i++) await lastValue(client.text('/', { signal }));
      server.answer = (_, response) => response.writeHead(404).end();
      await rejection(lastValue(client.text('/', { signal })));
      server.answer = () => undefined;
      const left = client.text('/', { signal }).subscribe();
      await server.saw(22);
      expect(getEventListeners(signal, 'abort')).toHaveLength(1);
      left.unsubscribe();
      await settled();
      expect(getEventListeners(signal, 'abort')).toHaveLength(0);
    });

    it('a signal that aborts ends the request with its reason, wherever it is', async () => {
      const client = await open({ connections: 1 });
      server.answer = (request, response) => {
        if (request.url === '/body') response.write('a');
      };
      for (const path of ['/headers', '/body']) {
        const controller = new AbortController();
        const reason = rejection(lastValue(client.text(path, { signal: controller.signal })));
        await server.saw(server.seen.length + 1);
        controller.abort(new Error(path));
        expect(await reason).toEqual(new Error(path));
      }
      const holding = client.get('/body').subscribe();
      const controller = new AbortController();
      const waiting = rejection(lastValue(client.text('/', { signal: controller.signal })));
      controller.abort('why');
      expect(await waiting).toBe('why');
      expect(await rejection(lastValue(client.text('/', { signal: controller.signal })))).toBe('why');
      holding.unsubscribe();
    });
  });

  describe('H7', () => {
    let other: WebServer;

    beforeEach(async () => {
      other = await WebServer.start();
    });

    afterEach(async () => {
      await close();
      await other.stop();
    });

    const secrets = { authorization: 'Bearer 1', cookie: 'a=b', 'x-api-key': 'k', 'accept-language': 'de' };

    it('a redirect to another origin takes nothing along that says who asks', async () => {
      const client = await open({ headers: secrets, query: { key: 'k' } });
      server.answer = (_, response) => response.writeHead(302, { location: `${other.url}/there` }).end();
      expect(await lastValue(client.text('/', { headers: { 'x-mine': '1', accept: 'text/plain' } }))).toBe('ok');
      expect(server.last.headers).toMatchObject({ ...secrets, 'x-mine': '1' });
      const { authorization, cookie, 'x-api-key': key, 'x-mine': mine, ...rest } = other.last.headers;
      expect([authorization, cookie, key, mine]).toEqual([undefined, undefined, undefined, undefined]);
      expect(rest).toMatchObject({ accept: 'text/plain', 'accept-language': 'de' });
      expect(other.seen).toEqual(['GET /there']);
    });

    it('and gets it back where the next one leads home', async () => {
      const client = await open({ headers: secrets });
      server.answer = (request, response) => {
        if (request.url === '/home') response.end('home');
        else response.writeHead(307, { location: `${other.url}/there` }).end();
      };
      other.answer = (_, response) => response.writeHead(307, { location: `${server.url}/home` }).end();
      expect(await lastValue(client.text('/'))).toBe('home');
      expect(server.last.headers).toMatchObject(secrets);
    });

    it('an address of another origin gets what the request has, and nothing of the client', async () => {
      const client = await open({ headers: secrets, query: { key: 'k' } });
      await lastValue(client.text(`${other.url}/path`, { headers: { 'x-mine': '1' }, query: { page: 2 } }));
      expect(other.seen).toEqual(['GET /path?page=2']);
      const { authorization, cookie, 'x-api-key': key } = other.last.headers;
      expect([authorization, cookie, key]).toEqual([undefined, undefined, undefined]);
      expect(other.last.headers).toMatchObject({ 'x-mine': '1', 'accept-language': 'de' });
    });

    it('a path cannot leave the origin, whatever it looks like', async () => {
      const client = await open();
      for (const path of [
        `//127.0.0.1:${String(other.port)}/`,
        `\\\\127.0.0.1:${String(other.port)}\\`,
        '@127.0.0.1/',
      ]) {
        expect(await lastValue(client.text(path))).toBe('ok');
      }
      expect(other.seen).toEqual([]);
      expect(server.seen).toHaveLength(3);
    });

    it('a body does not go to another origin', async () => {
      const client = await open();
      server.answer = (request, response) => {
        request.resume();
        response.writeHead(307, { location: other.url }).end();
      };
      const error = await rejection(lastValue(client.text('/', { method: 'POST', json: { secret: 1 } })));
      expect(error).toMatchObject({ name: 'HttpRedirectError', code: 'RXSCOPE_HTTP_REDIRECT' });
      expect(other.seen).toEqual([]);
    });

    it('errors do not show what may be secret in an address', async () => {
      const client = await open({ baseUrl: server.url.replace('//', '//user:password@'), query: { token: 'secret' } });
      server.answer = (_, response) => response.writeHead(500).end();
      const error = (await rejection(lastValue(client.text('/path#part')))) as Error;
      expect(error).toMatchObject({
        url: `${server.url}/path`,
        message: `GET ${server.url}/path answered 500 Internal Server Error.`,
      });
      expect(server.last.headers.authorization).toBe(`Basic ${btoa('user:password')}`);
    });
  });
});

describe.each(pools)('connections of a client with %s', (_, transport) => {
  it('are no more than it was told, are its own, and are closed with it', async () => {
    const server = await WebServer.start();
    const options = { baseUrl: server.url, connections: 2, ...transport };
    const work = using(httpClient(options), (client) =>
      from(['/1', '/2', '/3', '/4', '/5', '/6']).pipe(
        mergeMap((path) => client.text(path)),
        toArray(),
      ),
    );
    expect(await lastValue(work)).toHaveLength(6);
    expect(server.connections).toBe(2);
    await server.isLeft();
    await server.stop();
  });

  it('are closed also where the client is left in the middle of a request', async () => {
    const server = await WebServer.start();
    server.answer = () => undefined;
    const consumption = consume(using(httpClient({ baseUrl: server.url, ...transport }), (client) => client.text('/')));
    await server.saw(1);
    await consumption.close();
    await server.isLeft();
    await server.stop();
  });

  it('are left alone where a dispatcher was lent', async () => {
    const server = await WebServer.start();
    const { undici } = transport;
    if (undici === undefined) throw new Error('This is about undici.');
    const dispatcher = new undici.Agent({ connections: 1 });
    const options = { baseUrl: server.url, ...transport, dispatcher };
    expect(await lastValue(using(httpClient(options), (client) => client.text('/')))).toBe('ok');
    await settled();
    expect(server.sockets.size).toBe(1);
    expect(await lastValue(using(httpClient(options), (client) => client.text('/')))).toBe('ok');
    expect(server.connections).toBe(1);
    await dispatcher.destroy();
    await server.stop();
  });

  it("work with the platform's fetch too, on a Node whose own undici is near to it", async () => {
    const server = await WebServer.start();
    const { undici } = transport;
    if (undici === undefined) throw new Error('This is about undici.');
    const options = { baseUrl: server.url, undici, fetch: globalThis.fetch };
    expect(await lastValue(using(httpClient(options), (client) => client.text('/')))).toBe('ok');
    await server.isLeft();
    await server.stop();
  });
});

it('a client that is left while nothing happens leaves nothing', async () => {
  const consumption = consume(using(httpClient(), () => NEVER));
  expect(openResources()).toHaveLength(1);
  await consumption.close();
  expect(openResources()).toEqual([]);
});
