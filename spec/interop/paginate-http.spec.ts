import { map, take, tap, toArray, VirtualTimeScheduler } from 'rxjs';
import { CursorLoopError, lastValue, paginate, rateLimiter, ResourceError, use } from '../../lib/index.js';
import { errorOf } from '../support/failing.js';
import { hostilePages, type HostilePages } from '../support/hostile-pages.js';
import { roomyFetch } from '../support/hostile-pages/roomy-fetch.js';
import { nextMacrotask } from '../support/macrotask.js';
import { numbers } from '../support/shelf.js';

// What a paginated stream has to keep to where it is about HTTP, against a server that behaves badly.

/** Runs a test against a server of its own. */
const served = (test: (pages: HostilePages) => Promise<void>) => (): Promise<void> =>
  lastValue(hostilePages.pipe(use((pages) => test(pages))));

interface Body {
  readonly items: number[];
  readonly next?: string | null;
}

async function get<B>(url: string, signal: AbortSignal): Promise<B> {
  const response = await fetch(url, { signal });
  const body = await response.text();
  if (!response.ok) throw Object.assign(new Error(`status ${String(response.status)}`), { response });
  return JSON.parse(body) as B;
}

const byCursor = (url: string, query: string, more: object = {}) =>
  paginate.cursor<Body, number, string>({
    fetch: (cursor, { signal }) => get(`${url}/cursor?total=30&${query}${cursor === undefined ? '' : `&cursor=${cursor}`}`, signal), // prettier-ignore
    items: ({ items }) => items,
    next: ({ next }) => next,
    ...more,
  });

describe('G2: the server sees that its client has left', () => {
  it('unsubscribing closes the connection of the request under way, and no other is made', served(async ({ url, log }) => {
    const subscription = byCursor(url, 'silent=2').subscribe();
    await log.requested('/cursor', 2);
    subscription.unsubscribe();
    expect((await log.left('/cursor')).url).toContain('cursor=t2');
    expect(log.count()).toBe(2);
  })); // prettier-ignore

  it('so does breaking out of a loop while the next page is prefetched', served(async ({ url, log }) => {
    for await (const item of byCursor(url, 'silent=2', { prefetch: 1 })) {
      if (item === 0) await log.requested('/cursor', 2);
      if (item === 5) break;
    }
    await log.left('/cursor');
    expect(log.count()).toBe(2);
  })); // prettier-ignore

  it('and links', served(async ({ url, log }) => {
    const subscription = paginate.link({ url: `${url}/link?silent=1` }).subscribe();
    await log.requested('/link');
    subscription.unsubscribe();
    await log.left('/link');
    expect(log.inFlight).toBe(0);
  })); // prettier-ignore
});

describe('G3: pages that overtake each other on the way', () => {
  it('come in order', served(async ({ url, log, letGo }) => {
    const pages = paginate.page({
      size: 10,
      prefetch: 3,
      total: ({ total }: { total: number }) => total,
      items: ({ items }: { items: number[]; total: number }) => items,
      fetch: (page, size, { signal }) =>
        get<{ items: number[]; total: number }>(`${url}/pages?page=${String(page)}&size=${String(size)}&total=50&envelope=1&held=2`, signal), // prettier-ignore
    });
    const received = lastValue(pages.pipe(toArray()));
    await log.requested('/pages', 4);
    letGo();
    expect(await received).toEqual(numbers(50));
    expect(log.count()).toBe(5);
    expect(log.maxInFlight).toBeLessThanOrEqual(3);
  })); // prettier-ignore
});

describe('G5: a server that never says that it is over', () => {
  it.each(['absent', 'null', 'empty'])('a token that is %s ends it', (end) =>
    served(async ({ url, log }) => {
      expect(await lastValue(byCursor(url, `end=${end}`).pipe(toArray()))).toEqual(numbers(30));
      expect(log.count()).toBe(3);
    })(),
  );

  it('always the same token is a CursorLoopError, or the end', served(async ({ url, log }) => {
    expect(await errorOf(byCursor(url, 'tokens=same'))).toBeInstanceOf(CursorLoopError);
    const stopped = byCursor(url, 'tokens=same', { repeatedCursor: 'stop' });
    expect(await lastValue(stopped.pipe(toArray()))).toEqual([...numbers(10), ...numbers(10)]);
    expect(log.count()).toBe(4);
  })); // prettier-ignore

  it('tokens in a circle too', served(async ({ url, log }) => {
    expect(await errorOf(byCursor(url, 'tokens=3'))).toBeInstanceOf(CursorLoopError);
    expect(log.count()).toBeLessThanOrEqual(4);
  })); // prettier-ignore

  it('and links in a circle', served(async ({ url, log }) => {
    expect(await errorOf(paginate.link({ url: `${url}/link?link=circle` }))).toBeInstanceOf(CursorLoopError);
    expect(log.count()).toBeLessThanOrEqual(2);
  })); // prettier-ignore
});

describe('G6: an empty page in the middle', () => {
  it('ends nothing', served(async ({ url }) => {
    const expected = numbers(30).filter((item) => item < 10 || item > 19);
    expect(await lastValue(byCursor(url, 'empty=2').pipe(toArray()))).toEqual(expected);
    const linked = paginate.link({ url: `${url}/link?empty=2&total=30` });
    expect(await lastValue(linked.pipe(toArray()))).toEqual(expected);
  })); // prettier-ignore
});

describe('G7: a page that fails', () => {
  it('once is repeated by retry, and nothing is emitted twice', served(async ({ url, log }) => {
    expect(await lastValue(byCursor(url, 'broken=2', { retry: { count: 1 } }).pipe(toArray()))).toEqual(numbers(30));
    expect(log.count()).toBe(4);
  })); // prettier-ignore

  it('for good is where a later run goes on', served(async ({ url }) => {
    let cursor: string | undefined;
    const pages = byCursor(url, 'failing=3').pages.pipe(tap((page) => { cursor = page.cursor; })); // prettier-ignore
    expect(await errorOf(pages)).toMatchObject({ message: 'status 500' });
    const rest = byCursor(url, '', { start: cursor });
    expect(await lastValue(rest.pipe(toArray()))).toEqual(numbers(30, 20));
  })); // prettier-ignore

  it('by link: a ResourceError whose cause is the response, and the cursor as start goes on', served(async ({ url }) => {
    let cursor: string | undefined;
    const query = 'total=30&broken=3';
    const pages = paginate.link({ url: `${url}/link?${query}` }).pages.pipe(tap((page) => { cursor = page.cursor; })); // prettier-ignore
    const error = await errorOf(pages);
    expect(error).toBeInstanceOf(ResourceError);
    expect((error as ResourceError).cause).toMatchObject({ status: 500 });
    expect(await ((error as ResourceError).cause as Response).text()).toBe('broken');
    const rest = paginate.link<number>({ url: `${url}/link?${query}`, start: cursor as string });
    expect(await lastValue(rest.pipe(toArray()))).toEqual(numbers(30, 20));
  })); // prettier-ignore
});

describe('G9: a limit that the server sets holds back everybody who shares the limiter', () => {
  /** Lets time pass only when nothing else goes on. */
  const inPassing = async <T>(scheduler: VirtualTimeScheduler, run: Promise<T>): Promise<T> => {
    const state = { isOver: false };
    const over = run.finally(() => { state.isOver = true; }); // prettier-ignore
    over.catch(() => undefined);
    while (!state.isOver) {
      await nextMacrotask();
      scheduler.flush();
    }
    return over;
  };

  it.each(['seconds', 'structured'])('two streams wait for what one was told (%s)', (told) =>
    served(async ({ url, log }) => {
      const scheduler = new VirtualTimeScheduler();
      const limiter = rateLimiter({ scheduler });
      const one = byCursor(url, `limited=2&after=7&told=${told}`, { limiter });
      const other = byCursor(url, 'run=other', { limiter });
      const both = Promise.all([lastValue(one.pipe(toArray())), lastValue(other.pipe(toArray()))]);
      expect(await inPassing(scheduler, both)).toEqual([numbers(30), numbers(30)]);
      expect(scheduler.frame).toBe(7000);
      expect(log.count()).toBe(7);
    })(),
  );

  it('the other one makes no request until then', served(async ({ url, log }) => {
    const scheduler = new VirtualTimeScheduler();
    const limiter = rateLimiter({ scheduler });
    const one = lastValue(byCursor(url, 'limited=1&after=3', { limiter }).pipe(toArray()));
    await log.requested('/cursor');
    while (limiter.resumesAt === null) await nextMacrotask();
    const other = lastValue(byCursor(url, 'run=other', { limiter }).pipe(toArray()));
    await nextMacrotask();
    expect(log.count()).toBe(1);
    expect(limiter.waiting).toBe(2);
    await inPassing(scheduler, Promise.all([one, other]));
    expect(log.count()).toBe(7);
  })); // prettier-ignore

  it('links are held back as well', served(async ({ url, log }) => {
    const scheduler = new VirtualTimeScheduler();
    const pages = paginate.link({ url: `${url}/link?total=30&limited=2&after=9`, limiter: rateLimiter({ scheduler }) });
    expect(await inPassing(scheduler, lastValue(pages.pipe(toArray())))).toEqual(numbers(30));
    expect(scheduler.frame).toBe(9000);
    expect(log.count()).toBe(4);
  })); // prettier-ignore

  it('leaving while held back gives up the place', served(async ({ url, log }) => {
    const scheduler = new VirtualTimeScheduler();
    const limiter = rateLimiter({ scheduler });
    const subscription = byCursor(url, 'limited=1&after=3', { limiter }).subscribe();
    await log.requested('/cursor');
    while (limiter.waiting === 0) await nextMacrotask();
    subscription.unsubscribe();
    expect(limiter.waiting).toBe(0);
    scheduler.flush();
    await nextMacrotask();
    expect(log.count()).toBe(1);
  })); // prettier-ignore
});

describe('G10: links to another origin', () => {
  const secrets = { authorization: 'Bearer secret', cookie: 'id=1', 'x-api-key': 'secret', accept: 'application/json', 'accept-language': 'de' }; // prettier-ignore
  const query = 'total=30&link=foreign';

  it('are followed without credentials, and with harmless headers only', served(async ({ url, log, foreign }) => {
    const pages = paginate.link({ url: `${url}/link?${query}`, init: { headers: secrets, credentials: 'include' } });
    expect(await lastValue(pages.pipe(toArray()))).toEqual(numbers(30));
    expect(log.requests[0]?.headers).toMatchObject({ authorization: 'Bearer secret', 'x-api-key': 'secret' });
    expect(foreign.log.count()).toBe(2);
    for (const { headers } of foreign.log.requests) {
      expect(headers).toMatchObject({ accept: 'application/json', 'accept-language': 'de' });
      expect(Object.keys(headers)).not.toEqual(expect.arrayContaining(['authorization']));
      expect(JSON.stringify(headers)).not.toMatch(/secret|id=1|referer/);
    }
  })); // prettier-ignore

  it('ask the fetch of the user for no credentials and no referrer', served(async ({ url, foreign }) => {
    const inits = new Map<string, RequestInit>();
    const pages = paginate.link({
      url: `${url}/link?${query}`,
      init: { headers: secrets, credentials: 'include', referrerPolicy: 'unsafe-url' },
      fetch: (address, init) => {
        inits.set(new URL(address).origin, init);
        return fetch(address, init);
      },
    });
    await lastValue(pages);
    expect(inits.get(url)).toMatchObject({ credentials: 'include' });
    expect(inits.get(foreign.url)).toMatchObject({ credentials: 'omit', referrerPolicy: 'no-referrer' });
  })); // prettier-ignore

  it("are not followed with 'refuse', after the pages before them", served(async ({ url, foreign }) => {
    const received: number[] = [];
    const pages = paginate.link<number>({ url: `${url}/link?${query}`, crossOrigin: 'refuse' });
    const error = await errorOf(pages.pipe(tap((item) => received.push(item))));
    expect(error).toMatchObject({ name: 'ResourceError', message: `Expected a link within ${url}, received ${foreign.url}/link?total=30&link=foreign&page=2.` }); // prettier-ignore
    expect(received).toEqual(numbers(10));
    expect(foreign.log.count()).toBe(0);
  })); // prettier-ignore

  it('do not become the own origin by resuming there', served(async ({ url, foreign }) => {
    const options = { url: `${url}/link?${query}`, init: { headers: secrets } };
    const { cursor } = await lastValue(paginate.link<number>(options).pages.pipe(take(1)));
    expect(cursor).toContain(foreign.url);
    await lastValue(paginate.link<number>({ ...options, start: cursor as string }));
    expect(JSON.stringify(foreign.log.requests)).not.toContain('secret');
  })); // prettier-ignore
});

describe('G11: Link headers', () => {
  it.each(['path', 'absolute', 'relative', 'reordered'])('%s', (link) =>
    served(async ({ url, log }) => {
      const pages = paginate.link({ url: `${url}/link?total=30&link=${link}` });
      expect(await lastValue(pages.pipe(toArray()))).toEqual(numbers(30));
      expect(log.count()).toBe(3);
    })(),
  );

  it.each(['angles', 'commas', 'quotes', 'escapes', 'spaces', 'unclosed'])('100 kB of %s do no harm', (link) =>
    served(async ({ url, log }) => {
      const pages = paginate.link<number>({ url: `${url}/link?total=30&link=${link}`, fetch: roomyFetch });
      const received = await lastValue(pages.pipe(toArray()));
      expect(received).toEqual(numbers(received.length)); // whole pages, in order, as many as could be found
      expect(log.count()).toBe(received.length / 10);
    })(),
  );

  it('another relation leads elsewhere', served(async ({ url, log }) => {
    const pages = paginate.link({ url: `${url}/link?total=30`, rel: 'last' });
    expect(await lastValue(pages.pages.pipe(take(2), map(({ page }) => new URL(page.url).searchParams.get('page'))))).toBe('3'); // prettier-ignore
    expect(log.count()).toBe(2);
  })); // prettier-ignore
});
