import { createServer, type Server } from 'node:net';
import { once } from 'node:events';
import type { AddressInfo, Socket } from 'node:net';
import { lease, lastValue, settled, use, type Lease } from '../../../lib/index.js';
import {
  BodyTimeoutError,
  ConnectTimeoutError,
  HeadersTimeoutError,
  httpClient,
  HttpTimeoutError,
  TotalTimeoutError,
  type HttpClient,
  type HttpClientOptions,
} from '../../../lib/adapters/http/index.js';
import { Clock } from '../../support/clock.js';
import { microtasks } from '../../support/microtasks.js';
import { rejection } from '../../support/rejection.js';
import { FakeFetch } from './support/fake-fetch.js';
import { pools, transports } from './support/transports.js';
import { WebServer } from './support/web-server.js';

describe.each(transports)('the time limits of a request, with %s', (_, transport) => {
  let server: WebServer;
  let held: Lease<HttpClient>;

  beforeEach(async () => {
    server = await WebServer.start();
  });

  afterEach(async () => {
    await held.release();
    await settled();
    await server.stop();
  });

  async function open(options: HttpClientOptions = {}): Promise<HttpClient> {
    held = await lease(httpClient({ baseUrl: server.url, retry: 0, ...transport, ...options }));
    return held.value;
  }

  it('headers: an answer that does not begin', async () => {
    const client = await open({ timeout: { headers: 20 } });
    server.answer = () => undefined;
    const error = await rejection(lastValue(client.text('/slow?token=1')));
    expect(error).toBeInstanceOf(HeadersTimeoutError);
    expect(error).toBeInstanceOf(HttpTimeoutError);
    expect(error).toMatchObject({
      message: `GET ${server.url}/slow: there was no answer within 20 ms.`,
      code: 'RXSCOPE_HTTP_HEADERS_TIMEOUT',
      phase: 'headers',
      due: 20,
      method: 'GET',
      url: `${server.url}/slow`,
    });
  });

  it('body: one that stops in the middle', async () => {
    const client = await open({ timeout: { body: 20 } });
    server.answer = (_, response) => void response.write('a');
    const error = await rejection(lastValue(client.text('/')));
    expect(error).toBeInstanceOf(BodyTimeoutError);
    expect(error).toMatchObject({ phase: 'body', due: 20, code: 'RXSCOPE_HTTP_BODY_TIMEOUT' });
  });

  it('body: one that goes on and on is not ended by it, but by the total', async () => {
    const client = await open({ timeout: { body: 2_000, total: 60 } });
    server.answer = (_, response) => {
      const timer = setInterval(() => response.write('a'), 5);
      response.on('close', () => {
        clearInterval(timer);
      });
    };
    const error = await rejection(lastValue(client.text('/')));
    expect(error).toBeInstanceOf(TotalTimeoutError);
    expect(error).toMatchObject({ phase: 'total', due: 60, code: 'RXSCOPE_HTTP_TOTAL_TIMEOUT' });
  });

  it('headers: a body that is sent as a stream takes as long as it likes', async () => {
    const client = await open({ timeout: { headers: 50 } });
    server.answer = (request, response) => {
      request.resume().on('end', () => response.end('done'));
    };
    async function* slow() {
      for (let i = 0; i < 8; i++) {
        await new Promise((resolve) => setTimeout(resolve, 15));
        yield 'a';
      }
    }
    expect(await lastValue(client.text('/', { method: 'POST', body: slow() }))).toBe('done');
  });

  it('one request can have limits of its own', async () => {
    const client = await open({ timeout: { headers: 10_000 } });
    server.answer = () => undefined;
    const error = await rejection(lastValue(client.text('/', { timeout: { headers: 5 } })));
    expect(error).toMatchObject({ phase: 'headers', due: 5 });
  });
});

describe.each(pools)('the time to connect, with %s', (_, transport) => {
  let silent: Server;
  const sockets: Socket[] = [];

  beforeEach(async () => {
    silent = createServer((socket) => sockets.push(socket.on('error', () => undefined))).listen(0, '127.0.0.1');
    await once(silent, 'listening');
  });

  afterEach(async () => {
    const closed = once(silent, 'close');
    silent.close();
    for (const socket of sockets.splice(0)) socket.destroy();
    await closed;
  });

  it('is limited: a server that never shakes hands', async () => {
    const address = `https://127.0.0.1:${String((silent.address() as AddressInfo).port)}`;
    const held = await lease(httpClient({ ...transport, timeout: { connect: 30 }, retry: { count: 1, delay: 0 } }));
    const error = await rejection(lastValue(held.value.text(`${address}/`, { method: 'POST' })));
    expect(error).toBeInstanceOf(ConnectTimeoutError);
    expect(error).toMatchObject({
      phase: 'connect',
      due: 30,
      message: `POST ${address}/: there was no connection within 30 ms.`,
    });
    expect((error as Error).cause).toMatchObject({ name: 'TypeError' }); // what fetch has failed with
    expect(held.value.stats.retries).toBe(1); // nothing was sent, so even a POST is tried again
    await held.release();
  });
});

describe('the limits in virtual time', () => {
  let clock: Clock;
  let held: Lease<HttpClient>;

  beforeEach(() => {
    clock = new Clock();
  });

  afterEach(async () => {
    await held.release();
    expect(clock.timers).toBe(0);
  });

  async function open(fake: FakeFetch, options: HttpClientOptions = {}): Promise<HttpClient> {
    held = await lease(httpClient({ ...fakeOptions(fake), ...options }));
    return held.value;
  }

  function fakeOptions({ fetch }: FakeFetch): HttpClientOptions {
    return { baseUrl: 'https://example.org', fetch, scheduler: clock, retry: 0 };
  }

  it('are 30 s for the headers', async () => {
    const client = await open(new FakeFetch('never'));
    const error = rejection(lastValue(client.text('/')));
    await microtasks();
    clock.pass(29_999);
    await microtasks();
    expect(client.stats.active).toBe(1);
    clock.pass(1);
    expect(await error).toMatchObject({ phase: 'headers', due: 30_000 });
  });

  it('are 30 s between two chunks, while somebody reads', async () => {
    let push: (text: string) => void = () => undefined;
    const stream = new ReadableStream<Uint8Array>({
      start(controller) {
        push = (text) => {
          controller.enqueue(new TextEncoder().encode(text));
        };
      },
    });
    const client = await open(new FakeFetch(new Response(stream)));
    const response = await lease(client.get('/'));
    clock.pass(1_000_000); // nobody reads
    const chunks: number[] = [];
    const reading = new Promise((resolve) => {
      response.value.chunks().subscribe({ next: ({ byteLength }) => chunks.push(byteLength), error: resolve });
    });
    await microtasks();
    clock.pass(29_999);
    push('ab');
    await microtasks();
    clock.pass(29_999);
    push('c');
    await microtasks();
    expect(chunks).toEqual([2, 1]);
    clock.pass(30_000);
    expect(await reading).toMatchObject({ phase: 'body', due: 30_000 });
    await response.release();
  });

  it('leave no timer where there are none', async () => {
    const client = await open(new FakeFetch('never'), { timeout: { headers: Infinity, body: Infinity } });
    const request = client
      .get('/')
      .pipe(use(() => [1]))
      .subscribe();
    await microtasks();
    expect(clock.timers).toBe(0);
    request.unsubscribe();
  });

  it('give what is left of a body that nobody wants half a second', async () => {
    const stream = new ReadableStream<Uint8Array>();
    const client = await open(new FakeFetch(new Response(stream)));
    let isOver = false;
    const request = lastValue(client.get('/').pipe(use(() => [1]))).then(() => (isOver = true));
    await microtasks(50);
    clock.pass(499);
    await microtasks(50);
    expect(isOver).toBe(false);
    clock.pass(1);
    await request;
    expect(isOver).toBe(true);
  });

  it('break off at once what is said to be long, and read of the rest no more than 64 KiB', async () => {
    let pulls = 0;
    const endless = (headers: Record<string, string>): Response => {
      const pull = (controller: ReadableStreamDefaultController<Uint8Array>): void => {
        pulls++;
        controller.enqueue(new Uint8Array(10_000));
      };
      return new Response(new ReadableStream({ pull }, { highWaterMark: 0 }), { headers });
    };
    const client = await open(new FakeFetch(endless({ 'content-length': '70000' }), endless({})));
    await lastValue(client.get('/').pipe(use(() => [1])));
    expect(pulls).toBe(0);
    await lastValue(client.get('/').pipe(use(() => [1])));
    expect(pulls).toBe(7);
  });

  it('do not wait for a body whose consumer has left or failed', async () => {
    const cancelled: string[] = [];
    const silent = (name: string): Response =>
      new Response(new ReadableStream({ cancel: () => void cancelled.push(name) }, { highWaterMark: 0 }));
    const client = await open(new FakeFetch(silent('left'), silent('failed')));
    const left = client.get('/').subscribe();
    await microtasks(50);
    left.unsubscribe();
    expect(cancelled).toEqual(['left']);
    const failing = client.get('/').pipe(use(() => Promise.reject(new Error('enough'))));
    expect(await rejection(lastValue(failing))).toEqual(new Error('enough'));
    expect(cancelled).toEqual(['left', 'failed']);
  });

  it('let what is tried again and what leads elsewhere be drained, for the sake of the connection', async () => {
    let ended = 0;
    const brief = (init: ResponseInit): Response => {
      const pull = (controller: ReadableStreamDefaultController<Uint8Array>): void => {
        ended++;
        controller.close();
      };
      return new Response(new ReadableStream({ pull }, { highWaterMark: 0 }), init);
    };
    const again = { status: 503, headers: { 'retry-after': '0' } };
    const elsewhere = { status: 302, headers: { location: '/there' } };
    const client = await open(new FakeFetch(brief(again), brief(elsewhere), brief({})), { retry: 1 });
    const response = await lease(client.get('/'));
    expect(ended).toBe(2);
    await response.release();
    expect(ended).toBe(3);
  });

  it('give the excerpt of a status one second', async () => {
    const stream = new ReadableStream<Uint8Array>({
      start(controller) {
        controller.enqueue(new TextEncoder().encode('broken'));
      },
    });
    const client = await open(new FakeFetch(new Response(stream, { status: 500 })));
    const error = rejection(lastValue(client.text('/')));
    await microtasks(50);
    clock.pass(1000);
    expect(await error).toMatchObject({ status: 500, excerpt: 'broken' });
  });
});
