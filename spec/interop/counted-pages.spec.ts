import { map, of, toArray } from 'rxjs';
import { lastValue, paginate } from '../../lib/index.js';
import { numberedPages, offsetPages } from '../../lib/interop/counted-pages.js';
import { errorOf } from '../support/failing.js';
import { notificationsOf } from '../support/journal.js';
import { numbers } from '../support/shelf.js';

/** A server of `total` numbers that sends no more than `most` at a time. */
class Server {
  readonly requests: (readonly [number, number])[] = [];

  constructor(
    private readonly total: number,
    private readonly most = Infinity,
  ) {}

  readonly byOffset = (offset: number, limit: number): number[] => {
    this.requests.push([offset, limit]);
    return numbers(Math.max(offset, Math.min(offset + Math.min(limit, this.most), this.total)), offset);
  };

  readonly byNumber =
    (first = 1) =>
    (page: number, size: number): number[] => {
      this.requests.push([page, size]);
      const length = Math.min(size, this.most);
      const begin = (page - first) * length;
      return numbers(Math.max(begin, Math.min(begin + length, this.total)), begin);
    };
}

const cursors = (pages: ReturnType<typeof offsetPages>) =>
  lastValue(pages.pages.pipe(map(({ cursor }) => cursor), toArray())); // prettier-ignore

describe('offsetPages', () => {
  it('is paginate.offset', () => {
    expect(paginate.offset).toBe(offsetPages);
  });

  it('goes on behind the items there were, until there are none', async () => {
    const server = new Server(5);
    expect(await lastValue(offsetPages({ limit: 2, fetch: server.byOffset }).pipe(toArray()))).toEqual(numbers(5));
    expect(server.requests).toEqual([[0, 2], [2, 2], [4, 2], [5, 2]]); // prettier-ignore
  });

  it('also where the server sends fewer than it was asked for', async () => {
    for (const prefetch of [0, 3]) {
      for (const total of [undefined, () => 8]) {
        const server = new Server(8, 3);
        const pages = offsetPages({ limit: 100, prefetch, fetch: server.byOffset, ...(total ? { total } : {}) });
        expect(await lastValue(pages.pipe(toArray()))).toEqual(numbers(8));
        expect(server.requests.map(([offset]) => offset)).toEqual(total ? [0, 3, 6] : [0, 3, 6, 8]);
      }
    }
  });

  it('a total saves the last request, page by page', () => {
    const server = new Server(4);
    notificationsOf(offsetPages({ limit: 2, fetch: server.byOffset, total: () => 4 }));
    expect(server.requests).toHaveLength(2);
  });

  it('a total that is not told on every page is used where it is', () => {
    const server = new Server(4);
    const total = (page: readonly number[]): number | undefined => (page.includes(3) ? 4 : undefined);
    notificationsOf(offsetPages({ limit: 2, fetch: server.byOffset, total, prefetch: 2 }));
    expect(server.requests).toHaveLength(2);
  });

  it('nothing at all is one request', () => {
    for (const total of [0, 5]) {
      const server = new Server(0);
      const pages = offsetPages({ limit: 2, prefetch: 3, fetch: server.byOffset, total: () => total });
      expect(notificationsOf(pages)).toEqual(['complete']);
      expect(server.requests).toHaveLength(1);
    }
  });

  it('asks again, and for nothing twice, where a page in the middle is shorter than the first one', async () => {
    for (const prefetch of [0, 2, 3, 8]) {
      const requests: number[] = [];
      const short = (offset: number, limit: number): number[] => {
        requests.push(offset);
        return numbers(Math.min(offset + (offset === 10 ? 7 : limit), 48), offset);
      };
      const pages = offsetPages({
        limit: 10,
        prefetch,
        fetch: async (offset, limit) => short(offset, limit),
        total: () => 48,
      });
      expect(await lastValue(pages.pipe(toArray()))).toEqual(numbers(48));
      expect(requests.filter((offset) => offset > 10).slice(-4)).toEqual([17, 27, 37, 47]);
      requests.length = 0;
      const cursors = await lastValue(pages.pages.pipe(map(({ cursor }) => cursor), toArray())); // prettier-ignore
      expect(cursors).toEqual([10, 17, 27, 37, 47, undefined]);
    }
  });

  it('never has more requests out than it may, also when it asks again', async () => {
    const prefetch = 3;
    let out = 0;
    let most = 0;
    const fetch = async (offset: number, limit: number): Promise<number[]> => {
      most = Math.max(most, (out += 1));
      for (let i = offset % 3; i >= 0; i--) await Promise.resolve();
      out -= 1;
      return numbers(Math.min(offset + (offset % 4 === 0 ? limit : 3), 60), offset);
    };
    const pages = offsetPages({ limit: 5, prefetch, fetch, total: () => 60 });
    expect(await lastValue(pages.pipe(toArray()))).toEqual(numbers(60));
    expect(most).toBe(prefetch + 1);
  });

  it('a total that promises too much ends at the empty page', async () => {
    for (const prefetch of [0, 3]) {
      const server = new Server(3);
      const pages = offsetPages({ limit: 2, prefetch, fetch: server.byOffset, total: () => 100 });
      expect(await lastValue(pages.pipe(toArray()))).toEqual(numbers(3));
    }
  });

  it('begins at start, and tells where to go on', async () => {
    const server = new Server(7);
    const options = { limit: 3, fetch: server.byOffset, start: 1 };
    expect(await lastValue(offsetPages(options).pipe(toArray()))).toEqual(numbers(7, 1));
    expect(await cursors(offsetPages(options) as never)).toEqual([4, 7]);
    expect(await cursors(offsetPages({ ...options, total: () => 7 }) as never)).toEqual([4, undefined]);
    expect(await cursors(offsetPages({ ...options, total: () => 7, prefetch: 2 }) as never)).toEqual([4, undefined]);
  });

  it('an empty page that is not the end is gone past by the limit, not asked for again', () => {
    const offsets: number[] = [];
    const fetch = (offset: number): number[] => {
      offsets.push(offset);
      return offset === 3 ? [] : [offset];
    };
    const pages = offsetPages({ limit: 3, fetch, start: 3, stopOnEmpty: false, total: () => 9, maxPages: 5 });
    expect(notificationsOf(pages)).toEqual(['next 6', 'next 7', 'next 8', 'complete']);
    expect(offsets).toEqual([3, 6, 7, 8]);
  });

  it('takes what fetch answers in every form', async () => {
    for (const wrap of [
      (list: number[]) => list,
      (list: number[]) => Promise.resolve(list),
      (list: number[]) => of(list),
    ]) {
      const server = new Server(3);
      const pages = offsetPages<readonly number[], number>({ limit: 2, fetch: (offset, limit) => wrap(server.byOffset(offset, limit)) }); // prettier-ignore
      expect(await lastValue(pages.pipe(toArray()))).toEqual(numbers(3));
    }
  });

  it('a page that is no list, without items, is a TypeError', async () => {
    expect(await errorOf(offsetPages({ limit: 2, fetch: () => ({ rows: [] }) }))).toMatchObject({
      message: 'Expected the page to be a list of items, received object. Pass items, which takes them out of it.',
    });
  });

  it.each<[object, ErrorConstructor, string]>([
    [{ limit: 0 }, RangeError, 'Expected limit to be a whole number, 1 or more, received 0.'],
    [{ limit: undefined }, RangeError, 'Expected limit to be a whole number, 1 or more, received undefined.'],
    [{ start: -1 }, RangeError, 'Expected start to be a whole number, 0 or more, received -1.'],
    [{ fetch: undefined }, TypeError, 'Expected fetch to be a function, received undefined.'],
    [{ items: 'rows' }, TypeError, 'Expected items to be a function, received string.'],
    [{ total: 5 }, TypeError, 'Expected total to be a function, received number.'],
    [{ prefetch: -1 }, RangeError, 'Expected prefetch to be a whole number, 0 or more, received -1.'],
  ])('%p is refused at the call', (part, kind, message) => {
    expect(() => offsetPages({ limit: 2, fetch: () => [], ...part })).toThrow(new kind(message));
  });
});

describe('numberedPages', () => {
  it('is paginate.page', () => {
    expect(paginate.page).toBe(numberedPages);
  });

  it('counts from 1, or from first, until a page is empty', async () => {
    for (const first of [1, 0, -2]) {
      const server = new Server(5);
      const pages = numberedPages({ size: 2, first, fetch: server.byNumber(first) });
      expect(await lastValue(pages.pipe(toArray()))).toEqual(numbers(5));
      expect(server.requests.map(([page]) => page - first)).toEqual([0, 1, 2, 3]);
      expect(server.requests.every(([, size]) => size === 2)).toBe(true);
    }
  });

  it('a total saves the last request, also where the server sends fewer than it was asked for', async () => {
    for (const prefetch of [0, 3]) {
      for (const most of [Infinity, 3]) {
        const server = new Server(12, most);
        const pages = numberedPages({ size: 4, prefetch, fetch: server.byNumber(), total: () => 12 });
        expect(await lastValue(pages.pipe(toArray()))).toEqual(numbers(12));
        expect(server.requests).toHaveLength(Math.ceil(12 / Math.min(4, most)));
      }
    }
  });

  it('begins at start, and tells where to go on', async () => {
    for (const prefetch of [0, 3]) {
      const server = new Server(7);
      const options = { size: 3, start: 2, prefetch, fetch: server.byNumber(), total: () => 7 };
      expect(await lastValue(numberedPages(options).pipe(toArray()))).toEqual(numbers(7, 3));
      expect(await cursors(numberedPages(options) as never)).toEqual([3, undefined]);
    }
  });

  it('begins at a last page that is short', async () => {
    const server = new Server(7);
    const pages = numberedPages({ size: 3, start: 3, prefetch: 2, fetch: server.byNumber(), total: () => 7 });
    expect(await lastValue(pages.pipe(toArray()))).toEqual([6]);
  });

  it.each<[object, ErrorConstructor, string]>([
    [{ size: 0 }, RangeError, 'Expected size to be a whole number, 1 or more, received 0.'],
    [{ first: 1.5 }, RangeError, 'Expected first to be a whole number, received 1.5.'],
    [{ start: NaN }, RangeError, 'Expected start to be a whole number, received NaN.'],
    [{ fetch: 5 }, TypeError, 'Expected fetch to be a function, received number.'],
  ])('%p is refused at the call', (part, kind, message) => {
    expect(() => numberedPages({ size: 2, fetch: () => [], ...part })).toThrow(new kind(message));
  });
});
