import { lastValue, openResources, use } from '../../lib/index.js';
import { findLink } from '../../lib/interop/link-header.js';
import { rateLimiter } from '../../lib/interop/rate-limiter.js';
import { hostilePages, type HostilePages } from '../support/hostile-pages.js';
import { roomyFetch } from '../support/hostile-pages/roomy-fetch.js';
import { rejection } from '../support/rejection.js';

/** Runs `test` with the servers. */
function withServer<T>(test: (server: HostilePages) => Promise<T>): Promise<T> {
  return lastValue(hostilePages.pipe(use(test)));
}

/** Status, body and one header of an answer. */
async function get(url: string, header = 'link'): Promise<[number, unknown, string | null]> {
  const response = await fetch(url);
  const text = await response.text();
  return [response.status, response.ok ? JSON.parse(text) : text, response.headers.get(header)];
}

async function status(url: string): Promise<number> {
  return (await get(url))[0];
}

async function body(url: string): Promise<unknown> {
  return (await get(url))[1];
}

describe('the hostile pages', () => {
  it('come by number, by offset and by cursor', async () => {
    await withServer(async ({ url }) => {
      expect(await body(`${url}/pages?page=2&size=3&total=5`)).toEqual([3, 4]);
      expect(await body(`${url}/pages?page=3&size=3&total=5`)).toEqual([]);
      expect(await body(`${url}/pages?page=2&size=3&total=5&envelope=1`)).toEqual({ items: [3, 4], total: 5 });
      expect(await body(`${url}/offset?offset=4&limit=3&total=5`)).toEqual([4]);
      expect(await body(`${url}/offset?limit=2&envelope=1`)).toEqual({ items: [0, 1], total: 100 });
      expect(await body(`${url}/cursor?size=2&total=3`)).toEqual({ items: [0, 1], next: 't2' });
      expect(await body(`${url}/cursor?size=2&total=3&cursor=t2`)).toEqual({ items: [2] });
      expect(await status(`${url}/elsewhere`)).toBe(404);
    });
  });

  it('end a cursor in three ways, or never', async () => {
    await withServer(async ({ url }) => {
      expect(await body(`${url}/cursor?total=1&end=null`)).toEqual({ items: [0], next: null });
      expect(await body(`${url}/cursor?total=1&end=empty`)).toEqual({ items: [0], next: '' });
      expect(await body(`${url}/cursor?total=1&tokens=same&cursor=t1`)).toEqual({ items: [0], next: 't1' });
      const circle = ['t1', 't2', 't3'].map((cursor) => body(`${url}/cursor?size=1&tokens=3&cursor=${cursor}`));
      expect(await Promise.all(circle)).toMatchObject([{ next: 't2' }, { next: 't3' }, { next: 't1' }]);
    });
  });

  it('may be empty in the middle', async () => {
    await withServer(async ({ url }) => {
      expect(await body(`${url}/cursor?size=2&cursor=t2&empty=2`)).toEqual({ items: [], next: 't3' });
      expect(await body(`${url}/link?size=2&page=2&empty=2`)).toEqual([]);
    });
  });

  it('are refused once, in each way of telling how long', async () => {
    await withServer(async ({ url }) => {
      expect(await get(`${url}/pages?limited=1&after=7`, 'retry-after')).toEqual([429, 'limited', '7']);
      expect(await status(`${url}/pages?limited=1&after=7`)).toBe(200);
      expect(await get(`${url}/pages?limited=1&run=b&told=date`, 'retry-after')).toEqual([429, 'limited', expect.stringMatching(/GMT$/)]); // prettier-ignore
      expect(await get(`${url}/pages?limited=1&run=c&told=reset`, 'x-ratelimit-remaining')).toEqual([429, 'limited', '0']); // prettier-ignore
      expect(await get(`${url}/pages?limited=1&run=d&told=structured`, 'ratelimit')).toEqual([429, 'limited', '"default";r=0;t=1']); // prettier-ignore
      expect(await get(`${url}/pages?limited=1&run=e&told=nothing`, 'retry-after')).toEqual([429, 'limited', null]);
      expect(await status(`${url}/pages?limited=2&run=f`)).toBe(200);
    });
  });

  it('are the last that come, now and then', async () => {
    await withServer(async ({ url }) => {
      expect(await get(`${url}/pages?size=1&exhausted=1`, 'x-ratelimit-remaining')).toEqual([200, [0], '0']);
      const [, , reset] = await get(`${url}/pages?size=1&exhausted=1&after=60`, 'x-ratelimit-reset');
      expect(Number(reset)).toBeGreaterThan(1_700_000_000);
    });
  });

  it('fail once or always', async () => {
    await withServer(async ({ url }) => {
      expect([await status(`${url}/pages?broken=1`), await status(`${url}/pages?broken=1`)]).toEqual([500, 200]);
      expect([await status(`${url}/pages?failing=1`), await status(`${url}/pages?failing=1`)]).toEqual([500, 500]);
    });
  });

  it.each([
    [
      'path',
      '</link?size=10&total=30&link=path&page=2>; rel="next", </link?size=10&total=30&link=path&page=3>; rel="last"',
    ],
    ['relative', '<?size=10&total=30&link=relative&page=2>; rel=next'],
    ['circle', '</link?size=10&total=30&link=circle&page=1>; rel="next"'],
  ])('link by %s', async (form, expected) => {
    const header = await withServer(({ url }) => get(`${url}/link?size=10&total=30&link=${form}`));
    expect(header[2]).toBe(expected);
  });

  it('link with the whole address, with parameters in disorder, and not after the last page', async () => {
    await withServer(async ({ url }) => {
      expect((await get(`${url}/link?link=absolute`))[2]).toBe(`<${url}/link?link=absolute&page=2>; rel="next"`);
      expect((await get(`${url}/link?link=reordered`))[2]).toMatch(/title="c, d"; rel="last next"$/);
      expect((await get(`${url}/link?total=1`))[2]).toBeNull();
    });
  });

  it('link to another server, which remembers the headers it is sent', async () => {
    await withServer(async ({ url, foreign, log }) => {
      const [, , link] = await get(`${url}/link?size=1&total=3&link=foreign`);
      const [, target = ''] = /^<(.*)>/.exec(link ?? '') ?? [];
      expect(new URL(target).origin).toBe(foreign.url);
      await fetch(target, { headers: { authorization: 'Bearer secret' } });
      expect(foreign.log.requests).toMatchObject([{ path: '/link', headers: { authorization: 'Bearer secret' } }]);
      expect(log.count()).toBe(1);
    });
  });

  it.each(['angles', 'commas', 'quotes', 'escapes', 'spaces', 'unclosed'])(
    'hide the link behind 100 kB of %s',
    async (form) => {
      await withServer(async ({ url }) => {
        const response = await roomyFetch(`${url}/link?size=1&link=${form}`);
        expect(await response.json()).toEqual([0]);
        expect(response.headers.get('link')?.length).toBeGreaterThan(99_000);
        expect(response.headers.get('link')).toMatch(/, <\/link\?size=1&link=\w+&page=2>; rel="next"$/);
        await expect(fetch(`${url}/link?size=1&link=${form}`)).rejects.toThrow('fetch failed');
      });
    },
  );

  it.each([
    ['path', '/link'],
    ['absolute', '/link'],
    ['relative', '/link'],
    ['reordered', '/link'],
    ['foreign', '/link'],
    ['angles', '/link'],
    ['commas', '/link'],
    ['quotes', '/link'],
    ['escapes', '/link'],
    ['spaces', '/link'],
    ['unclosed', undefined],
  ])('have a next one that findLink finds: by %s', async (form, expected) => {
    await withServer(async ({ url, foreign }) => {
      const address = `${url}/link?size=1&link=${form}`;
      const response = await roomyFetch(address);
      const next = findLink(response.headers.get('link') ?? '', 'next', address);
      expect(next?.pathname).toBe(expected);
      expect(next?.searchParams.get('page')).toBe(expected && '2');
      expect(next?.origin).toBe(expected && (form === 'foreign' ? foreign.url : url));
    });
  });

  it('come in the end through a limiter', async () => {
    await withServer(async ({ url, log }) => {
      const limiter = rateLimiter();
      const address = `${url}/pages?size=1&limited=1&after=0.01`;
      const response = await lastValue(limiter.run(() => fetch(address)));
      expect([response.status, await response.json()]).toEqual([200, [0]]);
      expect(log.count()).toBe(2);
    });
  });

  it('may never come, and remember who has gone', async () => {
    await withServer(async ({ url, log }) => {
      const controller = new AbortController();
      const pending = rejection(fetch(`${url}/pages?silent=1`, { signal: controller.signal }));
      await log.requested('/pages');
      expect([log.inFlight, log.gone]).toEqual([1, []]);
      controller.abort();
      await log.left('/pages');
      expect([log.inFlight, log.gone]).toEqual([0, ['/pages?silent=1']]);
      expect(await pending).toMatchObject({ name: 'AbortError' });
    });
  });

  it('may be held until the spec lets them go', async () => {
    await withServer(async ({ url, log, letGo }) => {
      const both = Promise.all([body(`${url}/pages?size=1&held=1`), body(`${url}/pages?size=1&held=1`)]);
      await log.requested('/pages', 2);
      expect(log.maxInFlight).toBe(2);
      letGo();
      expect(await both).toEqual([[0], [0]]);
      expect(log.requests.map(({ state }) => state)).toEqual(['answered', 'answered']);
    });
  });

  it('may be slow', async () => {
    await withServer(async ({ url, log }) => {
      await Promise.all([1, 2, 3].map((page) => body(`${url}/pages?page=${page}&slow=20`)));
      expect(log.maxInFlight).toBe(3);
      await body(`${url}/pages?slow=1`);
      expect(log.maxInFlight).toBe(3);
    });
  });

  it('are counted by path', async () => {
    await withServer(async ({ url, log }) => {
      await body(`${url}/pages?page=1`);
      await body(`${url}/pages?page=2`);
      await body(`${url}/cursor`);
      expect([log.count(), log.count('/pages'), log.urls('/pages')]).toEqual([
        3,
        2,
        ['/pages?page=1', '/pages?page=2'],
      ]);
    });
  });

  it('take their connections with them when they are left', async () => {
    let pending: Promise<unknown> = Promise.resolve();
    await withServer(async ({ url, log }) => {
      pending = rejection(fetch(`${url}/pages?silent=1`));
      await log.requested('/pages');
    });
    expect(await pending).toMatchObject({ message: 'fetch failed' });
    expect(openResources()).toEqual([]);
  });
});
