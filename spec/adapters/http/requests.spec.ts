import {
  ClosedError,
  lease,
  lastValue,
  rateLimiter,
  ResourceLostError,
  settled,
  use,
  type Lease,
} from '../../../lib/index.js';
import {
  HttpStatusError,
  httpClient,
  TotalTimeoutError,
  type HttpClient,
  type HttpClientOptions,
} from '../../../lib/adapters/http/index.js';
import { Clock } from '../../support/clock.js';
import { gate } from '../../support/gate.js';
import { microtasks } from '../../support/microtasks.js';
import { rejection } from '../../support/rejection.js';
import { broken, FakeFetch, refused, status } from './support/fake-fetch.js';

/** Sunday, 06 Nov 1994 08:49:00 GMT */
const epoch = Date.UTC(1994, 10, 6, 8, 49, 0);

describe('request', () => {
  let clock: Clock;
  let held: Lease<HttpClient>;

  beforeEach(() => {
    clock = new Clock(epoch);
  });

  afterEach(async () => {
    await held.release();
    await settled();
    expect(clock.timers).toBe(0);
  });

  async function open(fake: FakeFetch, options: HttpClientOptions = {}): Promise<HttpClient> {
    const { fetch } = fake;
    const jitter = { jitter: 0 };
    held = await lease(
      httpClient({ baseUrl: 'https://example.org', fetch, scheduler: clock, retry: jitter, ...options }),
    );
    return held.value;
  }

  /** How many milliseconds lie between the calls. */
  async function delaysOf(client: HttpClient, fake: FakeFetch, method = 'GET'): Promise<number[]> {
    const times: number[] = [];
    const course = { isOver: false };
    const done = (): void => {
      course.isOver = true;
    };
    lastValue(client.text('/', { method })).then(done, done);
    await microtasks(50);
    while (!course.isOver && clock.now() < epoch + 100_000) {
      while (times.length < fake.calls.length) times.push(clock.now());
      clock.pass(1);
      await microtasks(40);
    }
    while (times.length < fake.calls.length) times.push(clock.now());
    return times.slice(1).map((time, index) => time - (times[index] ?? 0));
  }

  describe('retries', () => {
    it('twice, after 500 and 1000 ms, and then fails with the last status', async () => {
      const fake = new FakeFetch(status(503), status(502), status(500));
      const client = await open(fake);
      const failing = rejection(lastValue(client.text('/books', { query: { page: 1 } })));
      await microtasks(50);
      clock.pass(499);
      await microtasks(50);
      expect(fake.calls).toHaveLength(1);
      clock.pass(1);
      await microtasks(50);
      expect(fake.calls).toHaveLength(2);
      clock.pass(999);
      await microtasks(50);
      expect(fake.calls).toHaveLength(2);
      clock.pass(1);
      const error = await failing;
      expect(error).toBeInstanceOf(HttpStatusError);
      expect(error).toMatchObject({ status: 500, url: 'https://example.org/books', method: 'GET', resource: 'http' });
      expect(fake.calls).toHaveLength(3);
      expect(client.stats).toMatchObject({ requests: 1, retries: 2, active: 0 });
    });

    it.each([408, 425, 429, 500, 502, 503, 504])('%i', async (code) => {
      const fake = new FakeFetch(status(code), status(200));
      expect(await delaysOf(await open(fake), fake)).toEqual([500]);
    });

    it.each([400, 401, 404, 409, 418, 501])('not %i', async (code) => {
      const fake = new FakeFetch(status(code), status(200));
      expect(await delaysOf(await open(fake), fake)).toEqual([]);
      expect(fake.calls).toHaveLength(1);
    });

    it.each(['GET', 'HEAD', 'OPTIONS', 'TRACE', 'PUT', 'DELETE'])('%s', async (method) => {
      const fake = new FakeFetch(status(503), broken(), status(200));
      expect(await delaysOf(await open(fake), fake, method)).toEqual([500, 1000]);
    });

    it.each(['POST', 'PATCH', 'get-it'])('not %s', async (method) => {
      const fake = new FakeFetch(status(503), status(200));
      expect(await delaysOf(await open(fake), fake, method)).toEqual([]);
      const other = new FakeFetch(broken(), status(200));
      await held.release();
      expect(await delaysOf(await open(other), other, method)).toEqual([]);
    });

    it('a POST where there was no connection', async () => {
      const fake = new FakeFetch(refused(), status(200));
      expect(await delaysOf(await open(fake), fake, 'POST')).toEqual([500]);
    });

    it('no longer apart than maxDelay, and by chance up to jitter less', async () => {
      const answers = Array.from({ length: 5 }, () => status(503));
      const fake = new FakeFetch(...answers, status(200));
      const retry = { count: 5, delay: 100, maxDelay: 500, jitter: 0.5 };
      const chances = [0, 0.5, 0.999, 0, 0];
      const random = (): number => chances.shift() ?? 0;
      expect(await delaysOf(await open(fake, { retry, random }), fake)).toEqual([100, 150, 201, 500, 500]);
    });

    it('as one request is told', async () => {
      const fake = new FakeFetch(status(503), status(503), status(200));
      const client = await open(fake);
      expect(await rejection(lastValue(client.text('/', { retry: 0 })))).toMatchObject({ status: 503 });
      expect(fake.calls).toHaveLength(1);
      const statuses = { statuses: [500] };
      expect(await rejection(lastValue(client.text('/', { retry: statuses })))).toMatchObject({ status: 503 });
      expect(fake.calls).toHaveLength(2);
    });

    it('also what would be accepted, and hands out the last one', async () => {
      const fake = new FakeFetch(status(503), status(503), status(503));
      const client = await open(fake, { retry: { delay: 0 } });
      const any = client.get('/', { accepts: () => true });
      const answer = lastValue(any.pipe(use((response) => [response.status])));
      for (let i = 0; i < 4; i++) {
        await microtasks(50);
        clock.pass(0);
      }
      expect(await answer).toBe(503);
      expect(fake.calls).toHaveLength(3);
    });

    it('with headers asked for anew', async () => {
      const fake = new FakeFetch(status(503), status(200));
      let token = 0;
      const asked: unknown[] = [];
      const headers = async (context: unknown): Promise<Record<string, string>> => {
        asked.push(context);
        return { authorization: String(++token) };
      };
      expect(await delaysOf(await open(fake, { headers }), fake)).toEqual([500]);
      expect([fake.headers(0)['authorization'], fake.headers(1)['authorization']]).toEqual(['1', '2']);
      expect(asked[0]).toEqual({ method: 'GET', url: 'https://example.org/' });
    });
  });

  describe('Retry-After', () => {
    it('in seconds is waited for in place of the back-off', async () => {
      const fake = new FakeFetch(status(429, { 'retry-after': '7' }), status(503, { 'retry-after': '0' }), status(200));
      expect(await delaysOf(await open(fake), fake)).toEqual([7000, 0]);
      expect(fake.calls).toHaveLength(3);
    });

    it('as a date is waited for until then', async () => {
      const headers = { 'retry-after': 'Sun, 06 Nov 1994 08:49:05 GMT' };
      const fake = new FakeFetch(status(503, headers), status(200));
      expect(await delaysOf(await open(fake), fake)).toEqual([5000]);
    });

    it("as a date is compared with the server's own", async () => {
      const headers = { 'retry-after': 'Sun, 06 Nov 2044 10:00:03 GMT', date: 'Sun, 06 Nov 2044 10:00:00 GMT' };
      const fake = new FakeFetch(status(503, headers), status(200));
      expect(await delaysOf(await open(fake), fake)).toEqual([3000]);
    });

    it('that asks for just maxRetryAfter is waited for', async () => {
      const fake = new FakeFetch(status(503, { 'retry-after': '60' }), status(200));
      const answered = lastValue((await open(fake)).text('/'));
      await microtasks(50);
      clock.pass(59_999);
      await microtasks(50);
      expect(fake.calls).toHaveLength(1);
      clock.pass(1);
      await answered;
    });

    it('that asks for more than maxRetryAfter ends the tries', async () => {
      const fake = new FakeFetch(status(503, { 'retry-after': '61' }), status(200));
      const client = await open(fake);
      const error = await rejection(lastValue(client.text('/')));
      expect(error).toMatchObject({ status: 503 });
      expect((error as HttpStatusError).headers.get('retry-after')).toBe('61');
      expect(fake.calls).toHaveLength(1);
    });

    it('that cannot be understood is not there', async () => {
      const fake = new FakeFetch(status(503, { 'retry-after': 'soon' }), status(200));
      expect(await delaysOf(await open(fake), fake)).toEqual([500]);
    });
  });

  it('lets go of its slot while it waits for the next try', async () => {
    const fake = new FakeFetch(status(503), status(200), status(200));
    const client = await open(fake, { connections: 1 });
    const first = lastValue(client.text('/first'));
    await microtasks(50);
    await lastValue(client.text('/second'));
    clock.pass(500);
    await first;
    expect(fake.calls.map(({ url }) => new URL(url).pathname)).toEqual(['/first', '/second', '/first']);
  });

  it('is over at its total limit, also between two tries', async () => {
    const fake = new FakeFetch(status(503, { 'retry-after': '30' }), 'never');
    const client = await open(fake, { timeout: 1000 });
    const error = rejection(lastValue(client.text('/')));
    await microtasks(50);
    clock.pass(999);
    await microtasks(50);
    expect(client.stats.retries).toBe(1);
    clock.pass(1);
    expect(await error).toBeInstanceOf(TotalTimeoutError);
    expect(await error).toMatchObject({ due: 1000, phase: 'total', url: 'https://example.org/' });
  });

  it('is over at its total limit while it waits for a slot', async () => {
    const fake = new FakeFetch('never');
    const client = await open(fake, { connections: 1 });
    const first = client.text('/', { retry: 0 }).subscribe();
    const error = rejection(lastValue(client.text('/', { timeout: { total: 10 } })));
    await microtasks(50);
    clock.pass(10);
    expect(await error).toBeInstanceOf(TotalTimeoutError);
    expect(client.stats).toMatchObject({ active: 1, waiting: 0 });
    first.unsubscribe();
  });

  it('is refused as a deadlock where it waits inside the last slot', async () => {
    const fake = new FakeFetch(status(200), status(200));
    const client = await open(fake, { connections: 1 });
    const nested = client.get('/').pipe(use(() => client.text('/')));
    expect(await rejection(lastValue(nested))).toMatchObject({ code: 'RXSCOPE_DEADLOCK' });
  });

  it('can be entered again, each time anew', async () => {
    const fake = new FakeFetch(status(201), status(202));
    const client = await open(fake);
    const request = client.get('/').pipe(use((response) => [response.status]));
    expect([await lastValue(request), await lastValue(request)]).toEqual([201, 202]);
  });

  it('sends nothing before it is entered', async () => {
    const fake = new FakeFetch();
    const client = await open(fake);
    const made = [client.get('/'), client.text('/')];
    await microtasks();
    expect(made).toHaveLength(2);
    expect(fake.calls).toEqual([]);
  });

  it('fails in a way that a rate limiter understands', async () => {
    const fake = new FakeFetch(status(429, { 'retry-after': '2' }), () => new Response('at last'));
    const client = await open(fake, { retry: 0 });
    const limiter = rateLimiter({ scheduler: clock });
    const answer = lastValue(limiter.run(() => client.text('/')));
    await microtasks(50);
    clock.pass(2000);
    expect(await answer).toBe('at last');
  });

  it('passes what a resource of somebody else was lost with as it is', async () => {
    const lost = new ResourceLostError('The token was lost.', { resource: 'token', cause: 'why' });
    const client = await open(new FakeFetch(), { headers: () => Promise.reject(lost) });
    expect(await rejection(lastValue(client.text('/')))).toBe(lost);
  });

  it('opens no body where it was left while its headers were made', async () => {
    const headers = gate();
    const fake = new FakeFetch();
    const client = await open(fake, { headers: () => headers.opened.then(() => ({})) });
    let opened = 0;
    const body = (): ReadableStream<Uint8Array> => {
      opened++;
      return new ReadableStream();
    };
    const sending = client.text('/', { method: 'PUT', body }).subscribe();
    await microtasks();
    sending.unsubscribe();
    headers.open();
    await microtasks(50);
    expect([opened, fake.calls]).toEqual([0, []]);
  });

  it('passes what the function for headers fails with, and does not try again', async () => {
    const fake = new FakeFetch(status(200));
    const boom = new Error('no token');
    const client = await open(fake, { headers: () => Promise.reject(boom) });
    expect(await rejection(lastValue(client.text('/')))).toBe(boom);
    expect(fake.calls).toEqual([]);
  });

  it('ends with a fetch that does not listen to its signal, and lets go of what that answers later', async () => {
    let answer: (response: Response) => void = () => undefined;
    let isCancelled = false;
    const body = new ReadableStream({ cancel: () => void (isCancelled = true) });
    held = await lease(
      httpClient({ scheduler: clock, fetch: () => new Promise((resolve) => (answer = resolve)), retry: 0 }),
    );
    const failing = rejection(lastValue(held.value.text('https://example.org/', { timeout: { headers: 5 } })));
    await microtasks(50);
    clock.pass(5);
    expect(await failing).toMatchObject({ name: 'HeadersTimeoutError', due: 5 });
    answer(new Response(body));
    await microtasks();
    expect(isCancelled).toBe(true);
  });

  it('is not tried again by a client that closes', async () => {
    let answer: (response: Response) => void = () => undefined;
    const fetch = (): Promise<Response> => new Promise((resolve) => (answer = resolve));
    held = await lease(httpClient({ scheduler: clock, fetch }));
    const failing = rejection(lastValue(held.value.text('https://example.org/')));
    await microtasks(50);
    const closing = held.release();
    answer(new Response(null, { status: 503 }));
    expect(await failing).toMatchObject({ status: 503 });
    await closing;
  });

  it('is broken off at once by a client that closes, where it waits for its next try', async () => {
    const fake = new FakeFetch(status(503), status(200));
    const failing = rejection(lastValue((await open(fake)).text('/')));
    await microtasks(50);
    await held.release();
    expect(await failing).toBeInstanceOf(ClosedError);
    expect([fake.calls.length, clock.now()]).toEqual([1, epoch]);
  });

  it('is a resource of the name of its client', () => {
    const client = httpClient({ name: 'api' });
    expect(client.name).toBe('api');
    held = { release: async () => true } as never;
  });
});
