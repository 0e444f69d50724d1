import { once } from 'node:events';
import { createServer, type IncomingMessage } from 'node:http';
import type { AddressInfo } from 'node:net';
import { Subject, toArray } from 'rxjs';
import { consume, firstValue, lastValue, mapValue, pull, resource, use, type Resource } from 'rxscope';
import type { City } from '../../examples/demo/city.js';
import { pageServer } from '../../examples/demo/page-server.js';
import { cityPages } from '../../examples/demo/pages.js';
import { Traffic } from '../../examples/demo/traffic.js';

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
  it('are numbered, know how many places came before, and end before the first empty one', async () => {
    const pages = server.pipe(use(({ url }) => cityPages(url, 2, new Traffic()).pages));
    const all = await lastValue(pages.pipe(toArray()));
    expect(all.map(({ page: { number, offset } }) => [number, offset])).toEqual([[1, 0], [2, 2], [3, 4]]); // prettier-ignore
  });

  it('fail with the address of what went wrong', async () => {
    const failing = server.pipe(use(({ url }) => cityPages(`${url}/elsewhere`, 2, new Traffic())));
    await expect(lastValue(failing)).rejects.toThrow(/elsewhere\?page=1&size=2 answered 404/);
  });

  it('are in flight no more than the one that is asked for and one ahead', async () => {
    const traffic = new Traffic();
    const numbers = server.pipe(
      use(({ url }) =>
        pull(cityPages(url, 1, traffic).pages, async ({ page }) => {
          traffic.taken();
          // Slow enough for more pages to arrive meanwhile, were they requested.
          for (let number = 1; number <= 4; number++) await fetch(`${url}?page=${String(number)}&size=1`);
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
    const consumption = consume(silentServer(requested).pipe(use((url) => cityPages(url, 2, new Traffic()))));
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
