import { once } from 'node:events';
import { createServer, type IncomingMessage } from 'node:http';
import type { AddressInfo } from 'node:net';
import { Subject, toArray } from 'rxjs';
import { andThen, consume, firstValue, lastValue, mapValue, pull, resource, use, type Resource } from 'rxscope';
import { httpClient, type HttpClient } from 'rxscope/http';
import { api } from '../../examples/demo/api.js';
import type { City } from '../../examples/demo/city.js';
import { answerPage } from '../../examples/demo/page-route.js';
import { cityPages } from '../../examples/demo/pages.js';
import { Traffic } from '../../examples/demo/traffic.js';

const cities: City[] = ['Aa', 'Bb', 'Cc', 'Dd', 'Ee'].map((name) => ({ name, country: 'XX', lat: '0', lng: '0' }));

/** The API without a database: nobody asks for countries here. */
const server = api({ cities, pool: undefined as never, table: 'city', isReady: () => isReady });
let isReady = true;

const client = (address: Resource<string>): Resource<HttpClient> =>
  address.pipe(andThen((baseUrl) => httpClient({ baseUrl })));

describe('a page of the demo', () => {
  it('is answered with a link to the next one', () => {
    const { status, link, cities: found } = answerPage(cities, { page: '2', size: '2' });
    expect([status, link]).toEqual([200, '</cities?page=3&size=2>; rel="next"']);
    expect(found.map(({ name }) => name)).toEqual(['Cc', 'Dd']);
  });

  it('has no link where it is the last one, and is empty after that', () => {
    expect(answerPage(cities, { page: '3', size: '2' })).toEqual({ status: 200, cities: cities.slice(4) });
    expect(answerPage(cities, { page: '4', size: '2' })).toEqual({ status: 200, cities: [] });
  });

  it.each([
    { page: '0', size: '2' },
    { page: '1', size: 'x' },
    { page: '1.5', size: '2' },
  ])('is refused for %p', (query) => {
    expect(answerPage(cities, query)).toEqual({ status: 400, cities: [] });
  });
});

describe('the API of the demo', () => {
  it.each([
    ['/cities?page=2&size=2', 200],
    ['/cities?page=0&size=2', 400],
    ['/elsewhere', 404],
    ['/livez', 200],
    ['/readyz', 200],
  ])('answers %s with %i', async (path, status) => {
    const answer = await lastValue(server.pipe(use((url) => fetch(`${url}${path}`))));
    expect(answer.status).toBe(status);
    await answer.arrayBuffer();
  });

  it('says where the next page is', async () => {
    const answer = await lastValue(server.pipe(use((url) => fetch(`${url}/cities?page=2&size=2`))));
    expect(answer.headers.get('link')).toBe('</cities?page=3&size=2>; rel="next"');
    expect(await answer.json()).toMatchObject([{ name: 'Cc' }, { name: 'Dd' }]);
  });

  it('is ready as long as the service is', async () => {
    isReady = false;
    try {
      const answer = await lastValue(server.pipe(use((url) => fetch(`${url}/readyz`))));
      expect(answer.status).toBe(503);
      await answer.arrayBuffer();
    } finally {
      isReady = true;
    }
  });
});

describe('the pages of the demo', () => {
  it('are numbered, know how many places came before, and end before the first empty one', async () => {
    const pages = client(server).pipe(use((http) => cityPages(http, 2, new Traffic()).pages));
    const all = await lastValue(pages.pipe(toArray()));
    expect(all.map(({ page: { number, offset } }) => [number, offset])).toEqual([[1, 0], [2, 2], [3, 4]]); // prettier-ignore
  });

  it('fail with the number of what went wrong', async () => {
    const elsewhere = server.pipe(mapValue((url) => `${url}/elsewhere/`));
    const failing = client(elsewhere).pipe(use((http) => cityPages(http, 2, new Traffic())));
    await expect(lastValue(failing)).rejects.toThrow('Page 1: the server answered 404.');
  });

  it('are in flight no more than the one that is asked for and one ahead', async () => {
    const traffic = new Traffic();
    const numbers = client(server).pipe(
      use((http) =>
        pull(cityPages(http, 1, traffic).pages, async ({ page }) => {
          traffic.taken();
          // Slow enough for more pages to arrive meanwhile, were they requested.
          for (let number = 1; number <= 4; number++) await http.fetch(`/cities?page=${String(number)}&size=1`);
          return page.number;
        }),
      ),
    );
    expect(await lastValue(numbers)).toBe(5);
    expect(traffic.most).toBe(2);
  });

  it('abort the request under way when the consumer leaves', async () => {
    const requested = new Subject<IncomingMessage>();
    const firstRequest = firstValue(requested);
    const consumption = consume(client(silentServer(requested)).pipe(use((http) => cityPages(http, 2, new Traffic()))));
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
