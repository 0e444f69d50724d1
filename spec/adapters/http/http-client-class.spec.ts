import { getEventListeners } from 'node:events';
import { take, toArray } from 'rxjs';
import { lastValue, paginate, rateLimiter, settled } from '../../../lib/index.js';
import { type HttpClient } from '../../../lib/adapters/http/index.js';
import { rejection } from '../../support/rejection.js';
import { useServed } from './support/served.js';
import { transports } from './support/transports.js';
import { echo, WebServer, type Echo } from './support/web-server.js';

describe.each(transports)('HttpClient#fetch, with %s', (_, transport) => {
  const { server, open, close } = useServed(transport);
  let client: HttpClient;

  beforeEach(async () => {
    client = await open({ headers: { 'x-key': '1' }, retry: { delay: 0 }, connections: 2 });
  });

  it('is a fetch: any status is an answer, and the rules of the client hold', async () => {
    server.answer = (_, response) => response.writeHead(404, { 'x-a': '1' }).end('no');
    const { fetch } = client;
    const response = await fetch('/path');
    expect(response).toBeInstanceOf(Response);
    expect([response.status, response.ok, response.url, response.redirected]).toEqual([
      ...[404, false, `${server.url}/path`, false],
    ]);
    expect([response.headers.get('x-a'), await response.text()]).toEqual(['1', 'no']);
    expect(server.last.headers).toMatchObject({ 'x-key': '1' });
    expect(client.stats.active).toBe(0);
  });

  it('takes what a fetch takes', async () => {
    server.answer = echo;
    const init = {
      method: 'POST',
      body: 'text',
      headers: [['x-a', '1']] as [string, string][],
      credentials: 'omit',
    } as const;
    const answer = (await (await client.fetch('/', init)).json()) as Echo;
    expect(answer).toMatchObject({ method: 'POST', body: 'text', headers: { 'x-a': '1' } });
  });

  it('ends with its signal, and leaves no listener on it', async () => {
    server.answer = () => undefined;
    const controller = new AbortController();
    const failing = rejection(client.fetch('/', { signal: controller.signal }));
    await server.saw(1);
    controller.abort(new Error('why'));
    expect(await failing).toEqual(new Error('why'));
    expect(getEventListeners(controller.signal, 'abort')).toHaveLength(0);
  });

  it('tries again, and answers with the last status', async () => {
    server.answer = (_, response) => response.writeHead(server.seen.length).end();
    server.answer = (_, response) => response.writeHead(500 + server.seen.length).end();
    expect((await client.fetch('/')).status).toBe(501); // not one of those
    server.answer = (_, response) => response.writeHead(503).end();
    expect((await client.fetch('/')).status).toBe(503);
    expect(server.seen).toHaveLength(4);
  });

  describe('under paginate.link', () => {
    beforeEach(() => {
      server.answer = ({ url }, response) => {
        const page = Number(new URL(String(url), server.url).searchParams.get('page') ?? 1);
        if (page < 4) response.setHeader('link', `</items?page=${String(page + 1)}>; rel="next"`);
        response.end(JSON.stringify([page * 10, page * 10 + 1]));
      };
    });

    it('pages come through the client', async () => {
      const items = paginate.link<number>({ url: `${server.url}/items`, fetch: client.fetch });
      expect(await lastValue(items.pipe(toArray()))).toEqual([10, 11, 20, 21, 30, 31, 40, 41]);
      expect(server.requests.every(({ headers }) => headers['x-key'] === '1')).toBe(true);
      expect(client.stats).toMatchObject({ requests: 4, active: 0 });
    });

    it('no page is asked for that nobody wants, and nothing stays open', async () => {
      const items = paginate.link<number>({ url: `${server.url}/items`, fetch: client.fetch });
      expect(await lastValue(items.pipe(take(3), toArray()))).toEqual([10, 11, 20]);
      await settled();
      expect(server.seen).toHaveLength(2);
      expect(client.stats.active).toBe(0);
    });

    it('G9: a limiter reads refusals that the client hands out', async () => {
      const answer = server.answer;
      server.answer = (request, response) => {
        if (server.seen.length === 2) response.writeHead(429, { 'retry-after': '0.01' }).end();
        else answer(request, response);
      };
      const fetch = (url: string, init: RequestInit): Promise<Response> => client.fetch(url, init);
      const limiter = rateLimiter();
      await close();
      client = await open();
      const items = paginate.link<number>({ url: `${server.url}/items`, fetch, limiter });
      expect(await lastValue(items.pipe(toArray()))).toHaveLength(8);
      expect(server.seen).toHaveLength(5);
    });

    it('G10: a link to another origin gets nothing of the client', async () => {
      const other = await WebServer.start();
      other.answer = (_, response) => response.end('[99]');
      server.answer = (_, response) => response.setHeader('link', `<${other.url}/>; rel="next"`).end('[1]');
      const items = paginate.link<number>({ url: `${server.url}/`, fetch: client.fetch });
      expect(await lastValue(items.pipe(toArray()))).toEqual([1, 99]);
      expect(other.last.headers).not.toHaveProperty('x-key');
      await close();
      await other.stop();
    });
  });
});
