import { expectTypeOf } from 'expect-type';
import type { Observable } from 'rxjs';
import * as undici from 'undici';
import * as undici6 from 'undici-6';
import { lease, lastValue, ResourceError, type Resource } from '../../../lib/index.js';
import * as http from '../../../lib/adapters/http/index.js';
import {
  httpClient,
  HttpNetworkError,
  type HttpClient,
  type HttpClientOptions,
} from '../../../lib/adapters/http/index.js';
import { rejection } from '../../support/rejection.js';
import { FakeFetch, status } from './support/fake-fetch.js';
import { useServed } from './support/served.js';
import { transports } from './support/transports.js';
import { echo, type Echo } from './support/web-server.js';

describe('httpClient', () => {
  it('takes both majors of undici as they are, and the fetch of each', () => {
    expectTypeOf(undici).toExtend<http.UndiciPort>();
    expectTypeOf(undici6).toExtend<http.UndiciPort>();
    expectTypeOf(httpClient({ undici })).toEqualTypeOf<Resource<HttpClient>>();
    expectTypeOf(httpClient({ fetch: undici6.fetch })).toEqualTypeOf<Resource<HttpClient>>();
    expectTypeOf(httpClient({ fetch: globalThis.fetch })).toEqualTypeOf<Resource<HttpClient>>();
    expectTypeOf<HttpClient['json']>().returns.toEqualTypeOf<Observable<unknown>>();
    expect(httpClient({ undici, name: 'api' }).name).toBe('api');
  });

  it('makes nothing before it is entered', () => {
    const made: unknown[] = [];
    class Agent {
      constructor(options?: object) {
        made.push(options);
      }
      async destroy(): Promise<void> {}
    }
    const client = httpClient({ undici: { Agent, fetch: undici.fetch } });
    expect(client.name).toBe('http');
    expect(made).toEqual([]);
  });

  it('leaves waiting to its own timers, keeps to HTTP/1.1, and lets options of the agent through', async () => {
    const made: unknown[] = [];
    class Agent {
      constructor(options?: object) {
        made.push(options);
      }
      async destroy(): Promise<void> {}
    }
    const module = { Agent, fetch: undici.fetch };
    const agent = { allowH2: true, connect: { rejectUnauthorized: false } };
    await (await lease(httpClient({ undici: module, connections: 5, agent, timeout: { connect: 7 } }))).release();
    await (
      await lease(httpClient({ undici: module, connections: Infinity, timeout: { connect: Infinity } }))
    ).release();
    expect(made).toEqual([
      {
        ...{ headersTimeout: 0, bodyTimeout: 0, connections: 5, allowH2: true },
        connect: { timeout: 7, rejectUnauthorized: false },
      },
      { headersTimeout: 0, bodyTimeout: 0, allowH2: false, connect: { timeout: 0 } },
    ]);
  });

  it.each<[string, unknown, unknown, string]>([
    ['no object', 5, TypeError, 'to be an object'],
    ['an option that there is none of', { basUrl: '/' }, TypeError, 'There is no basUrl'],
    ['a base that is no address', { baseUrl: 'example' }, TypeError, 'Pass baseUrl, or all of it'],
    ['a base of another kind', { baseUrl: 'ftp://example.org' }, TypeError, 'begins with https: or http:'],
    ['a base with a query', { baseUrl: 'https://example.org?a=1' }, TypeError, 'Pass query'],
    ['no connections', { connections: 0 }, RangeError, 'connections'],
    ['a deadline that is none', { closeTimeout: -1 }, RangeError, 'closeTimeout'],
    ['a limit that is none', { timeout: { headers: -1 } }, RangeError, 'timeout.headers'],
    ['a limit of something else', { timeout: { header: 1 } }, TypeError, 'There is no header in timeout'],
    ['a total that is none', { timeout: Number.NaN }, RangeError, 'timeout.total'],
    ['half a retry', { retry: 0.5 }, RangeError, 'retry.count'],
    ['too much chance', { retry: { jitter: 2 } }, RangeError, 'retry.jitter'],
    ['a negative delay', { retry: { delay: -1 } }, RangeError, 'retry.delay'],
    ['a negative longest delay', { retry: { maxDelay: -1 } }, RangeError, 'retry.maxDelay'],
    ['a negative Retry-After', { retry: { maxRetryAfter: -1 } }, RangeError, 'retry.maxRetryAfter'],
    ['another policy', { redirect: 'sometimes' }, TypeError, "one of 'follow', 'manual', 'error'"],
    ['chance that is no function', { random: 4 }, TypeError, 'random'],
    ['statuses that are no function', { accepts: 200 }, TypeError, 'accepts'],
  ])('refuses %s, at the call', (_, options, kind, message) => {
    expect(() => httpClient(options as never)).toThrow(kind as jest.Constructable);
    expect(() => httpClient(options as HttpClientOptions)).toThrow(message);
  });

  it('has errors that are told apart by class and by code', () => {
    const options = { method: 'GET', url: 'https://example.org/', due: 5 };
    const codes = Object.values(http)
      .filter(
        (value): value is typeof http.HttpError => typeof value === 'function' && value.prototype instanceof Error,
      )
      .map((Kind) => {
        const error = new Kind('message', { ...options, cause: 'why' });
        expect(error).toBeInstanceOf(ResourceError);
        expect(error).toMatchObject({ name: Kind.name, message: 'message', cause: 'why', method: 'GET' });
        return error.code;
      });
    expect(codes).toHaveLength(10);
    expect(new Set(codes).size).toBe(codes.length);
    expect('cause' in new http.HttpError('message', options)).toBe(false);
  });
});

describe.each(transports)('a client, with %s', (_, transport) => {
  const { server, open: openAt } = useServed(transport);

  beforeEach(() => {
    server.answer = echo;
  });

  const open = (options: HttpClientOptions = {}): Promise<HttpClient> =>
    openAt({ baseUrl: `${server.url}/v1`, ...options });

  it('puts together addresses, headers and queries of its own and of a request', async () => {
    const client = await open({ headers: { 'x-a': '1', 'x-b': '1' }, query: { lang: 'de' } });
    const headers = { 'X-B': '2', 'x-c': undefined };
    const answer = await lastValue(
      client.json<Echo>('/books?a=1', { query: { tag: ['x', 'y'], none: null }, headers }),
    );
    expect(answer.url).toBe('/v1/books?a=1&lang=de&tag=x&tag=y');
    expect(answer.headers).toMatchObject({ 'x-a': '1', 'x-b': '2' });
    expect(answer.headers).not.toHaveProperty('x-c');
  });

  it.each([
    ['text', 'text', 'text/plain;charset=UTF-8', 'text'],
    ['bytes', new TextEncoder().encode('bytes'), undefined, 'bytes'],
    ['a buffer', new TextEncoder().encode('buffer').buffer, undefined, 'buffer'],
    ['a blob', new Blob(['blob'], { type: 'text/x' }), 'text/x', 'blob'],
    ['parameters', new URLSearchParams({ a: '1 2' }), 'application/x-www-form-urlencoded', 'a=1+2'],
  ])('sends %s', async (_what, body, type, sent) => {
    const client = await open();
    const answer = await lastValue(client.json<Echo>('/', { method: 'put', body }));
    expect(answer).toMatchObject({ method: 'PUT', body: sent });
    expect(answer.headers['content-type']).toBe(type);
  });

  it('sends JSON as it was at the call, and types that were given', async () => {
    const client = await open();
    const value = { a: 1 };
    const request = client.json<Echo>('/', { method: 'POST', json: value });
    value.a = 2;
    expect(await lastValue(request)).toMatchObject({
      body: '{"a":1}',
      headers: { 'content-type': 'application/json' },
    });
    const headers = { 'content-type': 'application/x+json' };
    const typed = await lastValue(client.json<Echo>('/', { method: 'POST', json: null, headers }));
    expect(typed).toMatchObject({ body: 'null', headers });
  });

  it('sends forms', async () => {
    const client = await open();
    const form = new FormData();
    form.set('name', 'value');
    form.set('file', new Blob(['content'], { type: 'text/plain' }), 'file.txt');
    const answer = await lastValue(client.json<Echo>('/', { method: 'POST', body: form }));
    expect(answer.headers['content-type']).toMatch(/^multipart\/form-data; boundary=/);
    expect(answer.body).toContain('name="file"; filename="file.txt"\r\nContent-Type: text/plain\r\n\r\ncontent');
  });

  it('has a method for each of HTTP', async () => {
    const client = await open();
    for (const method of ['get', 'head', 'post', 'put', 'patch', 'delete'] as const) {
      const response = await lease(client[method]('/'));
      await response.release();
    }
    expect(server.seen).toEqual(['GET', 'HEAD', 'POST', 'PUT', 'PATCH', 'DELETE'].map((method) => `${method} /v1/`));
  });

  it.each<[string, string, unknown, string]>([
    ['a body of a GET', '/', { body: 'text' }, 'Expected a method that has a body'],
    ['two bodies', '/', { method: 'POST', body: 'text', json: 1 }, 'either json or body'],
    ['a body of another kind', '/', { method: 'POST', body: 5 }, 'received number. Pass json for values.'],
    ['another option', '/', { methd: 'POST' }, 'There is no methd'],
    ['an address of another kind', 'ftp://example.org/', {}, 'begins with https: or http:'],
  ])('refuses %s, at the call', async (_what, path, options, message) => {
    const client = await open();
    expect(() => client.request(path, options as never)).toThrow(message);
  });

  it('says what is the matter where there is no server', async () => {
    const client = await open();
    await server.stop();
    const error = await rejection(lastValue(client.text('/')));
    expect(error).toBeInstanceOf(HttpNetworkError);
    expect((error as Error).message).toMatch(/^GET http:.* failed: fetch failed: connect ECONNREFUSED/);
    expect((error as { cause: { cause: unknown } }).cause.cause).toMatchObject({ code: 'ECONNREFUSED' });
  });
});

describe('a client without a base', () => {
  it('takes whole addresses, and trusts each with what it has', async () => {
    const fake = new FakeFetch(status(200), status(200));
    const held = await lease(httpClient({ fetch: fake.fetch, headers: { 'x-a': '1' } }));
    await lastValue(held.value.text('https://one.example.org/a'));
    await lastValue(held.value.text(new URL('https://user:pass%20word@two.example.org/b')));
    expect(fake.calls.map(({ url }) => url)).toEqual(['https://one.example.org/a', 'https://two.example.org/b']);
    expect(fake.headers(0)).toEqual({ 'x-a': '1' });
    expect(fake.headers(1)).toEqual({ 'x-a': '1', authorization: `Basic ${btoa('user:pass word')}` });
    expect(() => held.value.get('/path')).toThrow('Pass baseUrl, or all of it');
    await held.release();
  });
});
