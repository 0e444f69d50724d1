import { of, throwError } from 'rxjs';
import { lastValue, settled } from '../../../lib/index.js';
import { type HttpClient } from '../../../lib/adapters/http/index.js';
import { eventually } from '../../support/eventually.js';
import { rejection } from '../../support/rejection.js';
import { useServed } from './support/served.js';
import { transports } from './support/transports.js';
import { echo, type Echo } from './support/web-server.js';

const boom = new Error('boom');

describe.each(transports)('a body that is a stream, with %s', (_, transport) => {
  const { server, open } = useServed(transport);
  let client: HttpClient;

  beforeEach(async () => {
    server.answer = echo;
    client = await open({ retry: { delay: 0 }, connections: 1 });
  });

  const post = (body: unknown) => client.json<Echo>('/', { method: 'POST', body: body as string });

  /** Bytes without end, and whether somebody has left them. */
  function endless() {
    const seen = { asked: 0, left: 0 };
    const source: AsyncIterable<Uint8Array> = {
      [Symbol.asyncIterator]: () => ({
        next: async () => ({ done: false, value: new Uint8Array(64_000).fill(++seen.asked) }),
        return: async () => {
          seen.left++;
          return { done: true, value: undefined };
        },
      }),
    };
    return { seen, source };
  }

  it('is an async iterable, a web stream, an observable or a function that opens one', async () => {
    async function* chunks() {
      yield 'ä';
      yield new TextEncoder().encode('b');
    }
    const stream = new Response('stream').body;
    for (const [body, sent] of [
      [chunks(), 'äb'],
      [chunks, 'äb'],
      [stream, 'stream'],
      [of('a', 'b'), 'ab'],
      [() => of('c'), 'c'],
    ] as const) {
      expect(await lastValue(post(body))).toMatchObject({ method: 'POST', body: sent });
    }
  });

  it('is asked for no more than is taken', async () => {
    const { seen, source } = endless();
    server.answer = (request) => void request.pause();
    const sending = post(source).subscribe({ error: () => undefined });
    let before = -1;
    await eventually('what lies between is full', async () => {
      const isFull = before === seen.asked;
      before = seen.asked;
      await new Promise((resolve) => setTimeout(resolve, 50));
      return isFull && before > 0;
    });
    expect(seen.asked).toBeLessThan(500);
    sending.unsubscribe();
    await eventually('it has been left', () => seen.left === 1);
    server.last.resume(); // or it would not notice that its client has gone
  });

  it('is left where the server answers before it has all of it', async () => {
    const { seen, source } = endless();
    server.answer = (request, response) => {
      request.once('data', () => response.writeHead(413).end('too much')); // closing here would race with what is sent
    };
    expect(await rejection(lastValue(post(source)))).toMatchObject({ status: 413 });
    await eventually('it has been left', () => seen.left === 1);
  });

  it('is left where the connection breaks', async () => {
    const { seen, source } = endless();
    server.answer = (request) => {
      request.once('data', () => request.socket.destroy());
    };
    expect(await rejection(lastValue(post(source)))).toMatchObject({ name: 'HttpNetworkError' });
    await eventually('it has been left', () => seen.left === 1);
    expect(server.seen).toHaveLength(1);
  });

  it('passes what its source fails with as it is, and does not try again', async () => {
    async function* broken() {
      yield 'a';
      throw boom;
    }
    expect(await rejection(lastValue(post(broken())))).toBe(boom);
    const opened = client.text('/', { method: 'PUT', body: () => throwError(() => boom) });
    expect(await rejection(lastValue(opened))).toBe(boom);
    const unopened = client.text('/', {
      method: 'PUT',
      body: () => {
        throw boom;
      },
    });
    expect(await rejection(lastValue(unopened))).toBe(boom);
    expect(client.stats.retries).toBe(0);
  });

  it('is left where the request is left while it is being opened', async () => {
    let isLeft = false;
    const request = post(() => {
      request.unsubscribe();
      return new ReadableStream<Uint8Array>({ cancel: () => void (isLeft = true) }, { highWaterMark: 0 });
    }).subscribe();
    await eventually('it has been left', () => isLeft);
    expect(server.seen).toEqual([]);
  });

  it('is left where there is no connection to send it on', async () => {
    await server.stop();
    let left = 0;
    const opened = (): ReadableStream<Uint8Array> => {
      const cancel = (): void => {
        left++;
      };
      return new ReadableStream({ cancel }, { highWaterMark: 0 });
    };
    for (const [body, times] of [
      [opened(), 1],
      [opened, 3], // it is tried again
    ] as const) {
      left = 0;
      expect(await rejection(lastValue(post(body)))).toMatchObject({ name: 'HttpNetworkError' });
      expect(left).toBe(times);
    }
  });

  it('is closed where it was never sent', async () => {
    server.answer = () => undefined;
    const holding = client.text('/').subscribe();
    await server.saw(1);
    let reason: unknown = null;
    const stream = new ReadableStream<Uint8Array>({ cancel: () => void (reason = 'cancelled') });
    const waiting = post(stream).subscribe();
    waiting.unsubscribe();
    holding.unsubscribe();
    await settled();
    expect(reason).toBe('cancelled');
  });
});
