import { once } from 'node:events';
import { createServer, type IncomingMessage } from 'node:http';
import type { AddressInfo } from 'node:net';
import { Subject } from 'rxjs';
import { consume, firstValue, lastValue, mapValue, resource, use, type Resource } from 'rxscope';
import type { City } from '../../examples/demo/city.js';
import { pageServer } from '../../examples/demo/page-server.js';
import { fetchPages, pages } from '../../examples/demo/pages.js';

const cities: City[] = ['Aa', 'Bb', 'Cc', 'Dd', 'Ee'].map((name) => ({ name, country: 'XX', lat: '0', lng: '0' }));
const server = pageServer(() => Promise.resolve(cities));

describe('the page server of the demo', () => {
  it('answers a page with a link to the next one', async () => {
    const answer = await lastValue(server.pipe(use(({ url }) => fetch(`${url}?page=2&size=2`))));
    expect(await answer.json()).toMatchObject([{ name: 'Cc' }, { name: 'Dd' }]);
    expect(answer.headers.get('link')).toBe('</cities?page=3&size=2>; rel="next"');
  });

  it('answers the last page without a link, and an empty array after it', async () => {
    const answers = server.pipe(
      use(({ url }) => Promise.all([fetch(`${url}?page=3&size=2`), fetch(`${url}?page=4&size=2`)])),
    );
    const [last, after] = await lastValue(answers);
    expect(await last.json()).toMatchObject([{ name: 'Ee' }]);
    expect(last.headers.get('link')).toBeNull();
    expect(await after.json()).toEqual([]);
  });

  it.each([
    ['?page=0&size=2', 400],
    ['?page=1&size=x', 400],
    ['/elsewhere', 404],
  ])('refuses %s', async (path, status) => {
    const answer = await lastValue(server.pipe(use(({ url }) => fetch(`${url}${path}`))));
    expect(answer.status).toBe(status);
  });
});

describe('the pages of the demo', () => {
  it('end before the first empty one', async () => {
    const numbers = server.pipe(
      use(async ({ url }) => {
        const seen: number[] = [];
        for await (const { number } of fetchPages(url, 2, new AbortController().signal)) seen.push(number);
        return seen;
      }),
    );
    expect(await lastValue(numbers)).toEqual([1, 2, 3]);
  });

  it('fail with the address of what went wrong', async () => {
    const failing = server.pipe(use(({ url }) => fetchPages(`${url}/elsewhere`, 2, new AbortController().signal)));
    await expect(lastValue(failing)).rejects.toThrow(/elsewhere\?page=1&size=2 answered 404/);
  });

  it('abort the request under way when the consumer leaves', async () => {
    const requested = new Subject<IncomingMessage>();
    const firstRequest = firstValue(requested);
    const work = silentServer(requested).pipe(use((url) => pages(url, 2).pipe(use((generator) => generator.next()))));
    const consumption = consume(work);
    const { socket } = await firstRequest;
    expect(socket.destroyed).toBe(false);
    await consumption.close();
    expect(socket.destroyed).toBe(true);
  });
});

/** Never answers; closing it takes until nobody is connected any more. */
function silentServer(requested: Subject<IncomingMessage>): Resource<string> {
  return resource({
    async acquire() {
      const listening = createServer((request) => {
        requested.next(request);
      });
      listening.listen(0, '127.0.0.1');
      await once(listening, 'listening');
      return listening;
    },
    async release(listening) {
      listening.close();
      await once(listening, 'close');
    },
  }).pipe(mapValue((listening) => `http://127.0.0.1:${String((listening.address() as AddressInfo).port)}`));
}
