import { createServer, type Server } from 'node:net';
import { once } from 'node:events';
import type { AddressInfo, Socket } from 'node:net';
import { tap } from 'rxjs';
import { consume, lease, lastValue, use, type Lease } from '../../../lib/index.js';
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
import { eventually } from '../../support/eventually.js';
import { microtasks } from '../../support/microtasks.js';
import { rejection } from '../../support/rejection.js';
import { FakeFetch } from './support/fake-fetch.js';
import { useServed } from './support/served.js';
import { pools, transports } from './support/transports.js';

describe.each(transports)('the time limits of a request, with %s', (_, transport) => {
  const { server, open } = useServed(transport);

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
    const clock = new Clock();
    const client = await open({ timeout: { body: 2_000, total: 5_000 }, scheduler: clock });
    let goOn!: () => void;
    server.answer = (_, response) => {
      goOn = () => void response.write('a');
      goOn();
    };
    let pieces = 0;
    const chunks = client.get('/').pipe(
      use((response) => response.chunks()),
      tap(() => pieces++),
    );
    const failing = rejection(lastValue(chunks));
    for (let i = 1; i <= 3; i++) {
      await eventually('a piece has come', () => pieces === i);
      clock.pass(1_999);
      goOn();
    }
    const error = await failing;
    expect(error).toBeInstanceOf(TotalTimeoutError);
    expect(error).toMatchObject({ phase: 'total', due: 5_000, code: 'RXSCOPE_HTTP_TOTAL_TIMEOUT' });
  });

  it('headers: a body that is sent as a stream takes as long as it likes', async () => {
    const clock = new Clock();
    const client = await open({ timeout: { headers: 50 }, scheduler: clock });
    server.answer = (request, response) => {
      request.resume().on('end', () => response.end('done'));
    };
    async function* slow() {
      for (let i = 0; i < 8; i++) {
        clock.pass(49);
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

  it('count what was read already, and read the rest where it is 64 KiB and no more', async () => {
    let left = 0;
    const sized = (length: number): Response => {
      left = length;
      const pull = (controller: ReadableStreamDefaultController<Uint8Array>): void => {
        const size = Math.min(10_000, left);
        if (size === 0) controller.close();
        else controller.enqueue(new Uint8Array(size));
        left -= size;
      };
      const headers = { 'content-length': String(length) };
      return new Response(new ReadableStream({ pull }, { highWaterMark: 0 }), { headers });
    };
    const lengths = [65_536, 65_537, 75_536, 75_537];
    const client = await open(new FakeFetch(...lengths.map((length) => () => sized(length))));
    const rests: number[] = [];
    for (const length of lengths) {
      const response = await lease(client.get('/'));
      if (length > 70_000) await response.value.chunks()[Symbol.asyncIterator]().next();
      await response.release();
      rests.push(left);
    }
    expect(rests).toEqual([0, 65_537, 0, 65_537]);
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

  it('are no failure for who leaves a body in the middle of a read', async () => {
    const cancelled: unknown[] = [];
    const body = new ReadableStream<Uint8Array>({ cancel: (reason) => void cancelled.push(reason) });
    const client = await open(new FakeFetch(new Response(body)));
    const reading = consume(client.get('/').pipe(use((response) => response.chunks())));
    await microtasks(50);
    await reading.close();
    expect(cancelled).toEqual([undefined]);
  });

  it('tell fetch by its signal that a body is broken off, and tell it nothing where that was read', async () => {
    const fake = new FakeFetch(new Response('all'), new Response(new ReadableStream()));
    const client = await open(fake);
    expect(await lastValue(client.text('/'))).toBe('all');
    client.get('/').subscribe().unsubscribe();
    const response = await lease(client.get('/'));
    expect(fake.calls.map(({ init }) => init.signal?.aborted)).toEqual([false, false]);
    await rejection(response.release({ kind: 'error', error: new Error('enough') }));
    expect(fake.calls.map(({ init }) => init.signal?.aborted)).toEqual([false, true]);
  });

  it('fail who reads a response whose scope is over', async () => {
    const client = await open(new FakeFetch(new Response('unread'), new Response('unread')));
    const [completed, failed] = [await lease(client.get('/')), await lease(client.get('/'))];
    await completed.release();
    expect(await rejection(completed.value.text())).toBeInstanceOf(TypeError);
    const boom = new Error('boom');
    await rejection(failed.release({ kind: 'error', error: boom }));
    expect(await rejection(failed.value.text())).toBe(boom);
  });

  it('do not wait for a body that somebody still reads where the scope completes', async () => {
    const client = await open(new FakeFetch(new Response(new ReadableStream())));
    const response = await lease(client.get('/'));
    const reading = rejection(response.value.text());
    await response.release();
    expect(await reading).toHaveProperty('name', 'AbortError');
  });

  it('fail who still reads with the error that the scope ends with', async () => {
    const client = await open(new FakeFetch(new Response(new ReadableStream())));
    const response = await lease(client.get('/'));
    const reading = rejection(response.value.text());
    const boom = new Error('boom');
    expect(await rejection(response.release({ kind: 'error', error: boom }))).toBe(boom);
    expect(await reading).toBe(boom);
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
