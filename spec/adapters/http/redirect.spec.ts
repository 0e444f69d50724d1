import { lease, lastValue, use } from '../../../lib/index.js';
import { httpClient, HttpRedirectError } from '../../../lib/adapters/http/index.js';
import { rejection } from '../../support/rejection.js';
import { FakeFetch } from './support/fake-fetch.js';
import { useServed } from './support/served.js';
import { transports } from './support/transports.js';
import { bodyOf, echo, type Echo } from './support/web-server.js';

describe.each(transports)('redirects, with %s', (_, transport) => {
  const { server, open } = useServed(transport);

  /** `/301` leads to `/there` with that status. */
  function leadThere(): void {
    server.answer = (request, response) => {
      const code = Number(String(request.url).slice(1));
      if (Number.isNaN(code)) echo(request, response);
      else void bodyOf(request).then(() => response.writeHead(code, { location: '/there#part' }).end('moved'));
    };
  }

  it.each([
    ['301', 'POST', 'GET', ''],
    ['302', 'POST', 'GET', ''],
    ['302', 'PUT', 'PUT', 'text'],
    ['303', 'PUT', 'GET', ''],
    ['307', 'POST', 'POST', 'text'],
    ['308', 'PUT', 'PUT', 'text'],
  ])('%s turns a %s into a %s', async (code, method, expected, body) => {
    leadThere();
    const client = await open();
    const answer = await lastValue(client.json<Echo>(`/${code}`, { method, body: 'text' }));
    expect(answer).toMatchObject({ method: expected, url: '/there', body });
    expect('content-type' in answer.headers).toBe(body !== '');
  });

  it('303 leaves a HEAD what it is', async () => {
    leadThere();
    const client = await open();
    expect(await lastValue(client.head('/303').pipe(use(({ status }) => [status])))).toBe(200);
    expect(server.seen).toEqual(['HEAD /303', 'HEAD /there']);
  });

  it('are shown by the response', async () => {
    leadThere();
    const client = await open();
    const shown = client.get('/302').pipe(use(({ url, redirected, status }) => [{ url, redirected, status }]));
    expect(await lastValue(shown)).toEqual({ url: `${server.url}/there#part`, redirected: true, status: 200 });
    expect(client.stats).toMatchObject({ requests: 1, redirects: 1 });
  });

  it('keep the fragment that was asked for, where the new address has none', async () => {
    const client = await open();
    server.answer = (request, response) => {
      const to = new Map([
        ['/plain', '/there'],
        ['/named', '/there#new'],
      ]);
      const location = to.get(String(request.url));
      if (location === undefined) response.end();
      else response.writeHead(302, { location }).end();
    };
    const urlOf = (path: string) => lastValue(client.get(path).pipe(use(({ url }) => [url])));
    expect(await urlOf('/plain#asked')).toBe(`${server.url}/there#asked`);
    expect(await urlOf('/named#asked')).toBe(`${server.url}/there#new`);
  });

  it('are handed out where that is asked for', async () => {
    leadThere();
    const client = await open({ redirect: 'manual', accepts: (status) => status < 400 });
    const shown = client.get('/302').pipe(use((response) => [response.headers.get('location')]));
    expect(await lastValue(shown)).toBe('/there#part');
  });

  it('are an error where that is asked for', async () => {
    leadThere();
    const client = await open({ redirect: 'error' });
    expect(await rejection(lastValue(client.text('/302')))).toBeInstanceOf(HttpRedirectError);
  });

  it('end after 20, in a circle or not', async () => {
    const client = await open();
    server.answer = (_, response) => response.writeHead(302, { location: '/' }).end();
    expect(await rejection(lastValue(client.text('/')))).toMatchObject({
      name: 'HttpRedirectError',
      message: `GET ${server.url}/ was redirected more than 20 times.`,
    });
    expect(server.seen).toHaveLength(21);
  });

  it('need no slot but their own', async () => {
    leadThere();
    const client = await open({ connections: 1 });
    expect(await lastValue(client.json<Echo>('/302'))).toMatchObject({ url: '/there' });
  });

  it.each([
    ['http://', 'no address'],
    ['file:///etc/passwd', 'file:'],
  ])('to %s are refused', async (location, what) => {
    const client = await open();
    server.answer = (_, response) => response.writeHead(302, { location }).end();
    const error = await rejection(lastValue(client.text('/')));
    expect(error).toBeInstanceOf(HttpRedirectError);
    expect((error as Error).message).toContain(what);
  });

  it('drop a user that the address names', async () => {
    const client = await open();
    server.answer = (request, response) => {
      const location = server.url.replace('//', '//user:password@') + '/there';
      if (request.url === '/there') echo(request, response);
      else response.writeHead(302, { location }).end();
    };
    const answer = await lastValue(client.json<Echo>('/'));
    expect(answer.headers['authorization']).toBeUndefined();
  });

  it('do not send a stream a second time', async () => {
    leadThere();
    const client = await open();
    async function* chunks() {
      yield 'text';
    }
    const error = await rejection(lastValue(client.text('/307', { method: 'POST', body: chunks() })));
    expect((error as Error).message).toContain('a stream that cannot be sent again');
    const opened = await lastValue(client.json<Echo>('/307', { method: 'POST', body: chunks }));
    expect(opened).toMatchObject({ method: 'POST', body: 'text' });
  });

  it('without an address are answers', async () => {
    const client = await open({ accepts: () => true });
    server.answer = (_, response) => response.writeHead(302).end('nowhere');
    expect(await lastValue(client.text('/'))).toBe('nowhere');
  });
});

describe('redirects that the platform does not show', () => {
  const hidden = (): Response => Object.defineProperty(new Response(null), 'type', { value: 'opaqueredirect' });
  const there = (): Response =>
    Object.defineProperty(new Response('there'), 'url', { value: 'https://cdn.example.org/' });

  it('are left to it where nothing can get into wrong hands', async () => {
    const fake = new FakeFetch(hidden(), there());
    const held = await lease(httpClient({ fetch: fake.fetch, retry: 0 }));
    const headers = { 'user-agent': 'spec' };
    const shown = held.value.get('https://example.org/', { headers }).pipe(use(({ url }) => [url]));
    expect(await lastValue(shown)).toBe('https://cdn.example.org/');
    expect(fake.calls.map(({ init }) => init.redirect)).toEqual(['manual', 'follow']);
    await held.release();
  });

  it('are refused for requests with other headers, and with other methods', async () => {
    const fake = new FakeFetch(hidden(), hidden());
    const held = await lease(httpClient({ fetch: fake.fetch, retry: 0 }));
    const secret = held.value.text('https://example.org/', { headers: { authorization: 'Bearer 1' } });
    expect(await rejection(lastValue(secret))).toBeInstanceOf(HttpRedirectError);
    const post = held.value.text('https://example.org/', { method: 'POST' });
    expect(await rejection(lastValue(post))).toBeInstanceOf(HttpRedirectError);
    await held.release();
  });

  it('send no credentials of the platform to another origin', async () => {
    const elsewhere = new Response(null, { status: 302, headers: { location: 'https://other.example.org/' } });
    const fake = new FakeFetch(elsewhere, there());
    const held = await lease(httpClient({ fetch: fake.fetch, init: { credentials: 'include', mode: 'cors' } }));
    await lastValue(held.value.text('https://example.org/'));
    expect(fake.calls.map(({ init }) => ({ ...init }))).toMatchObject([
      { credentials: 'include', mode: 'cors' },
      { credentials: 'omit', mode: 'cors', referrerPolicy: 'no-referrer' },
    ]);
    await held.release();
  });
});
