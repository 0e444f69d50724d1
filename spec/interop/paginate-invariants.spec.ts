import {
  concat,
  EMPTY,
  firstValueFrom,
  map,
  mergeMap,
  Subject,
  take,
  takeUntil,
  tap,
  throwError,
  timer,
  toArray,
} from 'rxjs';
import { CursorLoopError, lastValue, paginate, pull, settled, UnsubscribedError } from '../../lib/index.js';
import { errorOf } from '../support/failing.js';
import { Gate, inVirtualTime, Journal, notificationsOf } from '../support/journal.js';
import { nextMacrotask } from '../support/macrotask.js';
import { microtasks } from '../support/microtasks.js';
import { itemsOf, manners, nextOf, numbers, Shelf, type Sheet } from '../support/shelf.js';

// What a paginated stream has to keep to, G1 to G8 and G12, against servers that are fakes. Those about HTTP are in
// paginate-http.spec.ts.

const boom = new Error('boom');

/** A server whose answers the test gives, by cursor. */
class Desk {
  readonly asked: (string | undefined)[] = [];
  readonly signals: AbortSignal[] = [];
  private readonly gates = new Map<string | undefined, Gate<Sheet>>();

  readonly options = {
    fetch: (cursor: string | undefined, { signal }: { signal: AbortSignal }): Promise<Sheet> => {
      this.asked.push(cursor);
      this.signals.push(signal);
      return this.gate(cursor).promise;
    },
    items: itemsOf,
    next: nextOf,
  };

  gate(cursor?: string): Gate<Sheet> {
    const gate = this.gates.get(cursor) ?? new Gate<Sheet>();
    this.gates.set(cursor, gate);
    return gate;
  }
}

describe('G1: requests are made on demand', () => {
  it('nothing is requested before somebody subscribes or asks', async () => {
    const shelf = new Shelf(4, 2);
    const pages = paginate({ ...shelf.options, prefetch: 3 });
    const piped = pages.pipe(map((item) => String(item)));
    const iterator = pages[Symbol.asyncIterator]();
    const pageIterator = pages.pages[Symbol.asyncIterator]();
    await nextMacrotask();
    expect(shelf.requested).toBe(0);
    await iterator.return();
    await pageIterator.return();
    expect(shelf.requested).toBe(0);
    expect(await lastValue(piped.pipe(toArray()))).toEqual(['0', '1', '2', '3']);
  });

  it('the next page is requested when all items of the one before are taken', async () => {
    const shelf = new Shelf(4, 2, 'a promise');
    const iterator = paginate(shelf.options)[Symbol.asyncIterator]();
    await iterator.next();
    await iterator.next();
    await nextMacrotask();
    expect(shelf.requested).toBe(1);
    await iterator.next();
    expect(shelf.requested).toBe(2);
    await iterator.return();
  });

  it('a loop that is left in the middle of a page requests no other', async () => {
    for (const manner of manners) {
      const shelf = new Shelf(100, 10, manner);
      for await (const item of paginate(shelf.options)) if (item === 7) break;
      await nextMacrotask();
      expect(shelf.requested).toBe(1);
    }
  });

  it('take() that ends with a page requests no other', () => {
    const shelf = new Shelf(100, 10);
    expect(notificationsOf(paginate(shelf.options).pipe(take(10)))).toHaveLength(11);
    expect(shelf.requested).toBe(1);
  });
});

describe('G2: leaving aborts the request under way and starts none', () => {
  it('the signal has aborted with an UnsubscribedError when unsubscribe() returns', async () => {
    const desk = new Desk();
    const subscription = paginate(desk.options).subscribe();
    expect(desk.signals[0]?.aborted).toBe(false);
    subscription.unsubscribe();
    expect(desk.signals[0]?.reason).toBeInstanceOf(UnsubscribedError);
    desk.gate().open({ items: [1], next: 'on' });
    await nextMacrotask();
    expect(desk.asked).toEqual([undefined]);
  });

  it('a prefetched page is aborted too', async () => {
    const desk = new Desk();
    desk.gate().open({ items: [1], next: 'on' });
    const iterator = paginate({ ...desk.options, prefetch: 1 })[Symbol.asyncIterator]();
    await iterator.next();
    expect(desk.asked).toEqual([undefined, 'on']);
    const returning = iterator.return();
    expect(desk.signals.map(({ aborted }) => aborted)).toEqual([false, true]);
    desk.gate('on').fail(desk.signals[1]?.reason);
    await returning;
  });

  it('each request has a signal of its own, so that nothing piles up on one', async () => {
    const shelf = new Shelf(50, 1, 'a promise');
    const signals: AbortSignal[] = [];
    const pages = paginate({
      ...shelf.options,
      fetch: (cursor: string | undefined, { signal }) => {
        signals.push(signal);
        return shelf.fetch(cursor);
      },
    });
    await lastValue(pages);
    expect(new Set(signals).size).toBe(50);
    expect(signals.some(({ aborted }) => aborted)).toBe(false);
  });

  it('an observable is unsubscribed at once', () => {
    const journal = new Journal();
    const pages = paginate({
      fetch: () => timer(1000).pipe(tap({ subscribe: () => { journal.note('asked'); }, unsubscribe: () => { journal.note('left'); } })), // prettier-ignore
      items: () => [],
      next: () => undefined,
    });
    const subscription = pages.subscribe();
    subscription.unsubscribe();
    expect(journal.lines).toEqual(['asked', 'left']);
  });
});

describe('G3: items come in the order of the pages', () => {
  it.each([0, 1, 4])('with prefetch %i', async (prefetch) => {
    const shelf = new Shelf(25, 4, 'a promise');
    const pages = paginate({ ...shelf.options, prefetch });
    expect(await lastValue(pages.pipe(toArray()))).toEqual(numbers(25));
  });

  describe('where requests go side by side', () => {
    const parallel = () => {
      const gates = new Map<number, Gate<number[]>>();
      const signals = new Map<number, AbortSignal>();
      const gate = (offset: number): Gate<number[]> => {
        const found = gates.get(offset) ?? new Gate<number[]>();
        gates.set(offset, found);
        return found;
      };
      const pages = paginate.offset({
        limit: 2,
        prefetch: 3,
        total: () => 12,
        fetch: (offset, _, { signal }) => {
          signals.set(offset, signal);
          return gate(offset).promise;
        },
      });
      return { pages, gate, signals, asked: () => [...signals.keys()] };
    };

    it('a page that overtakes waits for those before it', async () => {
      const { pages, gate, asked } = parallel();
      const journal = new Journal();
      pages.subscribe(journal.observer());
      gate(0).open([0, 1]);
      await microtasks();
      expect(journal.take()).toEqual(['next 0', 'next 1']);
      expect(asked()).toEqual([0, 2, 4, 6, 8]);
      gate(6).open([6, 7]);
      gate(4).open([4, 5]);
      await microtasks();
      expect(journal.take()).toEqual([]);
      gate(2).open([2, 3]);
      await microtasks();
      expect(journal.take()).toEqual(['next 2', 'next 3', 'next 4', 'next 5', 'next 6', 'next 7']);
      gate(8).open([8, 9]);
      gate(10).open([10, 11]);
      await microtasks();
      expect(journal.take()).toEqual(['next 8', 'next 9', 'next 10', 'next 11', 'complete']);
    });

    it('one that fails in the middle lets those before it pass, and aborts those after it', async () => {
      const { pages, gate, signals, asked } = parallel();
      const journal = new Journal();
      pages.subscribe(journal.observer());
      gate(0).open([0, 1]);
      await microtasks();
      journal.take();
      gate(4).fail(boom);
      await microtasks();
      expect(journal.take()).toEqual([]);
      expect(signals.get(6)?.aborted).toBe(false);
      gate(2).open([2, 3]);
      await microtasks();
      expect(journal.take()).toEqual(['next 2', 'next 3']);
      expect(signals.get(6)?.aborted).toBe(true);
      expect(asked()).toEqual([0, 2, 4, 6, 8]); // nothing was started after the failure
      for (const offset of [6, 8]) gate(offset).fail(signals.get(offset)?.reason);
      await microtasks();
      expect(journal.take()).toEqual(['error boom']);
    });

    it('nothing is requested any more once a page is known to be the last', async () => {
      const { gate } = parallel();
      const journal = new Journal();
      const limited = paginate.offset({
        limit: 2,
        prefetch: 3,
        total: () => 100,
        until: (page) => page.includes(5),
        fetch: (offset, _, { signal }) => {
          signal.addEventListener('abort', () => { gate(offset).fail(signal.reason); }); // prettier-ignore
          journal.note(`request ${String(offset)}`);
          return gate(offset).promise;
        },
      });
      limited.subscribe(journal.observer());
      gate(0).open([0, 1]);
      await microtasks();
      gate(4).open([4, 5]); // the last, though the one before it is not there yet
      await microtasks();
      journal.take();
      gate(2).open([2, 3]);
      await microtasks();
      expect(journal.take()).toEqual(['next 2', 'next 3', 'next 4', 'next 5', 'complete']);
    });

    it('page by page, with the total too', async () => {
      const requested: number[] = [];
      const pages = paginate.page({
        size: 4,
        prefetch: 2,
        total: () => 10,
        fetch: async (page, size) => {
          requested.push(page);
          await microtasks(page === 2 ? 9 : 1);
          return numbers(Math.min(page * size, 10), (page - 1) * size);
        },
      });
      expect(await lastValue(pages.pipe(toArray()))).toEqual(numbers(10));
      expect(requested).toEqual([1, 2, 3]);
    });
  });
});

describe('G4: items are emitted once', () => {
  const overlapping = (key?: (item: number) => unknown) =>
    paginate.page({ size: 3, fetch: (page) => [[0, 1, 2], [2, 3, 4], [4, 5, 0], []][page - 1] ?? [], ...(key ? { key } : {}) }); // prettier-ignore

  it('with a key an item of the page before is left out', () => {
    const received: number[] = [];
    overlapping((item) => item).subscribe((item) => received.push(item));
    expect(received).toEqual([0, 1, 2, 3, 4, 5, 0]);
  });

  it('without a key nothing is left out', () => {
    const received: number[] = [];
    overlapping().subscribe((item) => received.push(item));
    expect(received).toEqual([0, 1, 2, 2, 3, 4, 4, 5, 0]);
  });

  it('the key gets the item alone', () => {
    const calls: unknown[][] = [];
    const key = (...args: unknown[]): unknown => {
      calls.push(args);
      return args[0];
    };
    overlapping(key).subscribe();
    expect(calls.every((call) => call.length === 1)).toBe(true);
  });

  it('objects are told apart by their key, and what was left out counts for no limit', async () => {
    const sheets = [['a', 'b'], ['b', 'c'], ['c', 'd']].map((ids) => ids.map((id) => ({ id }))); // prettier-ignore
    const pages = paginate.page({ size: 2, fetch: (page) => sheets[page - 1] ?? [], key: ({ id }) => id, maxItems: 4 });
    expect(await lastValue(pages.pipe(map(({ id }) => id), toArray()))).toEqual(['a', 'b', 'c', 'd']); // prettier-ignore
  });

  it('a page of nothing but duplicates ends nothing', async () => {
    const pages = paginate.page({ size: 1, fetch: (page) => [[7], [7], [8], []][page - 1] ?? [], key: (item) => item });
    expect(await lastValue(pages.pipe(toArray()))).toEqual([7, 8]);
  });

  it('subscriptions do not share what they have seen', async () => {
    const pages = overlapping((item) => item);
    const both = [lastValue(pages.pipe(toArray())), lastValue(pages.pipe(toArray()))];
    expect(await Promise.all(both)).toEqual([
      [0, 1, 2, 3, 4, 5, 0],
      [0, 1, 2, 3, 4, 5, 0],
    ]);
  });
});

describe('G5: it stops', () => {
  /** Page n leads to `to(n)`. */
  const circle = (to: (page: number) => unknown, more: object = {}) => {
    const requested: unknown[] = [];
    const pages = paginate<number, number, unknown>({
      fetch: (cursor) => requested.push(cursor),
      items: (page) => [page],
      next: (page) => to(page),
      ...more,
    });
    return { pages, requested };
  };

  it.each([undefined, null, ''])('at %p for a token', (token) => {
    const { pages, requested } = circle((page) => (page === 3 ? token : page));
    expect(notificationsOf(pages)).toEqual(['next 1', 'next 2', 'next 3', 'complete']);
    expect(requested).toEqual([undefined, 1, 2]);
  });

  it('0 and false are tokens', () => {
    const { pages, requested } = circle((page) => [0, false, undefined][page - 1]);
    expect(notificationsOf(pages)).toHaveLength(4);
    expect(requested).toEqual([undefined, 0, false]);
  });

  it('at a token that was handed out before, with a CursorLoopError after the page', async () => {
    const { pages, requested } = circle(() => 'same');
    expect(notificationsOf(pages)).toEqual(['next 1', 'next 2', 'error CursorLoopError']);
    expect(requested).toEqual([undefined, 'same']);
    const error = await errorOf(pages);
    expect(error).toBeInstanceOf(CursorLoopError);
    expect(error).toMatchObject({ resource: 'paginate', code: 'RXSCOPE_CURSOR_LOOP' });
    expect((error as Error).message).toContain('"same"');
  });

  it('at the token it was started with', () => {
    expect(notificationsOf(circle(() => 'start', { start: 'start' }).pages)).toEqual([
      'next 1',
      'error CursorLoopError',
    ]);
  });

  it("or completes there with repeatedCursor 'stop'", () => {
    const { pages } = circle(() => 'same', { repeatedCursor: 'stop' });
    expect(notificationsOf(pages)).toEqual(['next 1', 'next 2', 'complete']);
    expect(notificationsOf(pages.pages.pipe(map(({ cursor }) => cursor)))).toEqual([
      'next same',
      'next undefined',
      'complete',
    ]);
  });

  it('a page that nothing is requested after may name any token', () => {
    const expected = ['next 1', 'next 2', 'complete'];
    expect(notificationsOf(circle(() => 'same', { maxPages: 2 }).pages)).toEqual(expected);
    expect(notificationsOf(circle(() => 'same', { maxItems: 2 }).pages)).toEqual(expected);
    expect(notificationsOf(circle(() => 'same', { until: (page: number) => page === 2 }).pages)).toEqual(expected);
  });

  it.each([2, 1000, 5000])('in a circle of %i tokens, though not much later', async (length) => {
    const { pages, requested } = circle((page) => page % length);
    expect(await errorOf(pages)).toBeInstanceOf(CursorLoopError);
    expect(requested.length).toBeGreaterThanOrEqual(length);
    expect(requested.length).toBeLessThanOrEqual(length <= 1024 ? length + 1 : 4 * length);
  });

  it('at an object that says what one before it said', async () => {
    const { pages, requested } = circle((page) => ({ after: { id: page % 3 }, big: 5n }));
    expect(await errorOf(pages)).toBeInstanceOf(CursorLoopError);
    expect(requested).toHaveLength(4);
  });

  it('after maxPages', async () => {
    const shelf = new Shelf(100, 10);
    const pages = paginate({ ...shelf.options, maxPages: 3, prefetch: 5 });
    expect(await lastValue(pages.pipe(toArray()))).toEqual(numbers(30));
    expect(shelf.requested).toBe(3);
  });

  it.each([
    [10, 1],
    [11, 2],
    [25, 3],
  ])('after %i items, with %i requests', async (maxItems, requests) => {
    for (const prefetch of [0, 3]) {
      for (const manner of manners) {
        const shelf = new Shelf(100, 10, manner);
        const pages = paginate({ ...shelf.options, maxItems, prefetch });
        expect(await lastValue(pages.pipe(toArray()))).toEqual(numbers(maxItems));
        const looped: number[] = [];
        for await (const item of pages) looped.push(item);
        expect(looped).toEqual(numbers(maxItems));
        expect(shelf.requested).toBe(2 * requests);
      }
    }
  });

  it('after so many items also where the total is known', async () => {
    const requested: number[] = [];
    const pages = paginate.offset({
      limit: 10,
      maxItems: 25,
      prefetch: 4,
      total: () => 1000,
      fetch: async (offset) => {
        requested.push(offset);
        return numbers(offset + 10, offset);
      },
    });
    expect(await lastValue(pages.pipe(toArray()))).toEqual(numbers(25));
    expect(requested).toEqual([0, 10, 20]);
  });

  it('the pages stop with the page that reaches the limit, whole', () => {
    const shelf = new Shelf(100, 10);
    const pages = paginate({ ...shelf.options, maxItems: 15 });
    expect(notificationsOf(pages.pages.pipe(map(({ page }) => page.items.length)))).toEqual([
      'next 10',
      'next 10',
      'complete',
    ]);
  });

  it('after the page that until() says, which is still emitted and has a cursor', async () => {
    const shelf = new Shelf(100, 10);
    const pages = paginate({ ...shelf.options, until: ({ items }: Sheet) => items.includes(15), prefetch: 2 });
    expect(await lastValue(pages.pipe(toArray()))).toEqual(numbers(20));
    expect(await lastValue(pages.pages.pipe(map(({ cursor }) => cursor)))).toBe('at 20');
  });
});

describe('G6: an empty page in the middle', () => {
  const holey = (more: object = {}) => {
    const sheets: Sheet[] = [{ items: [1], next: 'b' }, { items: [], next: 'c' }, { items: [], next: 'd' }, { items: [2], next: null }]; // prettier-ignore
    return paginate({
      fetch: (cursor: string | undefined) => sheets['abcd'.indexOf(cursor ?? 'a')] as Sheet,
      items: itemsOf,
      next: nextOf,
      ...more,
    });
  };

  it('ends nothing', async () => {
    for (const prefetch of [0, 1, 3]) {
      expect(notificationsOf(holey({ prefetch }))).toEqual(['next 1', 'next 2', 'complete']);
      const looped: number[] = [];
      for await (const item of holey({ prefetch })) looped.push(item);
      expect(looped).toEqual([1, 2]);
    }
  });

  it('is the end with stopOnEmpty, and is no page', () => {
    expect(notificationsOf(holey({ stopOnEmpty: true }))).toEqual(['next 1', 'complete']);
    const pages = holey({ stopOnEmpty: true }).pages;
    expect(notificationsOf(pages.pipe(map(({ page }) => page.items)))).toEqual(['next 1', 'complete']);
  });

  it('is the end by offset and by number, unless stopOnEmpty is false', () => {
    const sheets = [[1, 2], [], [3]];
    const offsets: number[] = [];
    const byOffset = (more: object) =>
      paginate.offset({ limit: 2, fetch: (offset) => { offsets.push(offset); return sheets[offset / 2] ?? []; }, ...more }); // prettier-ignore
    expect(notificationsOf(byOffset({}))).toEqual(['next 1', 'next 2', 'complete']);
    expect(offsets.splice(0)).toEqual([0, 2]);
    expect(notificationsOf(byOffset({ stopOnEmpty: false, total: () => 5 }))).toEqual(['next 1', 'next 2', 'next 3', 'complete']); // prettier-ignore
    expect(offsets).toEqual([0, 2, 4]);
    const byNumber = paginate.page({ size: 2, fetch: (page) => sheets[page - 1] ?? [], stopOnEmpty: false, maxPages: 3 }); // prettier-ignore
    expect(notificationsOf(byNumber)).toEqual(['next 1', 'next 2', 'next 3', 'complete']);
  });
});

describe('G7: where it has stopped it goes on', () => {
  it('after success: the cursor of each page as start repeats nothing and leaves nothing out', async () => {
    const shelf = new Shelf(23, 5);
    const all = await lastValue(paginate(shelf.options).pages.pipe(toArray()));
    expect(all.map(({ cursor }) => cursor)).toEqual(['at 5', 'at 10', 'at 15', 'at 20', undefined]);
    for (const [index, { cursor }] of all.slice(0, -1).entries()) {
      const rest = paginate({ ...shelf.options, ...(cursor === undefined ? {} : { start: cursor }) });
      expect(await lastValue(rest.pipe(toArray()))).toEqual(numbers(23, (index + 1) * 5));
    }
  });

  it('after an error: with the page that failed', async () => {
    for (const prefetch of [0, 2]) {
      const shelf = new Shelf(12, 3, 'a promise');
      let isDown = true;
      const options = {
        ...shelf.options,
        prefetch,
        fetch: (cursor: string | undefined) =>
          cursor === 'at 6' && isDown ? Promise.reject(boom) : shelf.fetch(cursor),
      };
      const received: number[] = [];
      let cursor: string | undefined;
      const seen = paginate(options).pages.pipe(
        tap((page) => {
          received.push(...page.page.items);
          cursor = page.cursor;
        }),
      );
      expect(await errorOf(seen)).toBe(boom);
      expect(received).toEqual(numbers(6));
      isDown = false;
      const rest = paginate({ ...options, start: cursor as string });
      expect(received.concat(await lastValue(rest.pipe(toArray())))).toEqual(numbers(12));
    }
  });

  it('after leaving early', async () => {
    for (const prefetch of [0, 3]) {
      const shelf = new Shelf(12, 3, 'a promise');
      const { cursor } = await lastValue(paginate({ ...shelf.options, prefetch }).pages.pipe(take(2)));
      const rest = paginate({ ...shelf.options, start: cursor as string });
      expect(await lastValue(rest.pipe(toArray()))).toEqual(numbers(12, 6));
    }
  });

  it('by offset and by number, also where pages are requested side by side', async () => {
    for (const prefetch of [0, 3]) {
      const fetch = (offset: number, limit: number) => Promise.resolve(numbers(Math.min(offset + limit, 11), offset));
      const byOffset = { limit: 3, prefetch, total: () => 11, fetch };
      const offset = (await lastValue(paginate.offset(byOffset).pages.pipe(take(2)))).cursor as number;
      expect(offset).toBe(6);
      expect(await lastValue(paginate.offset({ ...byOffset, start: offset }).pipe(toArray()))).toEqual(numbers(11, 6));
      const byNumber = { size: 3, first: 0, prefetch, total: () => 11, fetch: (page: number) => fetch(page * 3, 3) };
      const page = (await lastValue(paginate.page(byNumber).pages.pipe(take(2)))).cursor as number;
      expect(page).toBe(2);
      expect(await lastValue(paginate.page({ ...byNumber, start: page }).pipe(toArray()))).toEqual(numbers(11, 6));
      expect((await lastValue(paginate.offset(byOffset).pages)).cursor).toBeUndefined();
      expect((await lastValue(paginate.page(byNumber).pages)).cursor).toBeUndefined();
    }
  });

  it('retry repeats the request of one page, and emits nothing twice', async () => {
    for (const prefetch of [0, 2]) {
      const shelf = new Shelf(9, 3, 'a promise');
      let failures = 0;
      const pages = paginate({
        ...shelf.options,
        prefetch,
        retry: { count: 2 },
        fetch: (cursor: string | undefined) => {
          const answer = shelf.fetch(cursor);
          return cursor === 'at 3' && failures++ < 2 ? throwError(() => boom) : answer;
        },
      });
      expect(await lastValue(pages.pipe(toArray()))).toEqual(numbers(9));
      expect(shelf.requests).toEqual([undefined, 'at 3', 'at 3', 'at 3', 'at 6']);
    }
  });

  it.each(['throws', 'rejects', 'errors', 'is empty'])(
    'retry counts for each page on its own (fetch %s)',
    async (way) => {
      const shelf = new Shelf(6, 2);
      const failed = new Set<string | undefined>();
      const fetch = (cursor: string | undefined) => {
        if (failed.has(cursor)) return shelf.fetch(cursor);
        failed.add(cursor);
        if (way === 'throws') throw boom;
        if (way === 'rejects') return Promise.reject(boom);
        return way === 'errors' ? throwError(() => boom) : EMPTY;
      };
      const pages = paginate({ ...shelf.options, fetch, retry: { count: 1 } });
      expect(await lastValue(pages.pipe(toArray()))).toEqual(numbers(6));
    },
  );

  it('retries used up are the error of the page, in its turn', async () => {
    const journal = new Journal();
    const shelf = new Shelf(6, 2, 'a promise');
    const fetch = (cursor: string | undefined) => (cursor === 'at 4' ? Promise.reject(boom) : shelf.fetch(cursor));
    const pages = paginate({ ...shelf.options, fetch, retry: { count: 3 }, prefetch: 3 });
    await lastValue(pull(pages, async (item) => { await nextMacrotask(); journal.note(String(item)); })).catch((error: unknown) => { journal.note(String(error)); }); // prettier-ignore
    expect(journal.lines).toEqual(['0', '1', '2', '3', 'Error: boom']);
  });

  it('leaving between two tries ends them', () => {
    const journal = inVirtualTime((journal, { flush }) => {
      const pages = paginate({
        fetch: () => {
          journal.note('try');
          return throwError(() => boom);
        },
        items: () => [],
        next: () => undefined,
        retry: { delay: 10 },
      });
      pages.pipe(takeUntil(timer(25))).subscribe(journal.observer());
      flush();
    });
    expect(journal.lines).toEqual(['0 try', '10 try', '20 try', '25 complete']);
  });
});

describe('G8: each subscription is a run of its own', () => {
  it('begins at the configured start, also while another one is under way', async () => {
    for (const start of [undefined, 'at 4'] as const) {
      const shelf = new Shelf(8, 2, 'a promise');
      const pages = paginate({ ...shelf.options, ...(start === undefined ? {} : { start }), prefetch: 1 });
      const expected = numbers(8, start === undefined ? 0 : 4);
      const first = pages[Symbol.asyncIterator]();
      await first.next();
      expect(await lastValue(pages.pipe(toArray()))).toEqual(expected);
      const looped: number[] = [];
      for await (const item of pages) looped.push(item);
      expect(looped).toEqual(expected);
      expect((await first.next()).value).toBe(expected[1]);
      await first.return();
      expect(await lastValue(pages.pages.pipe(mergeMap(({ page }) => page.items), toArray()))).toEqual(expected); // prettier-ignore
    }
  });

  it('leaving one aborts only its own requests', () => {
    const desk = new Desk();
    const pages = paginate(desk.options);
    const [one, other] = [pages.subscribe(), pages.subscribe()];
    one.unsubscribe();
    expect(desk.signals.map(({ aborted }) => aborted)).toEqual([true, false]);
    desk.gate().open({ items: [], next: null });
    other.unsubscribe();
  });

  it('two loops at a time do not share a cursor guard', async () => {
    const shelf = new Shelf(8, 2);
    const pages = paginate(shelf.options);
    expect(await lastValue(concat(pages, pages).pipe(toArray()))).toEqual([...numbers(8), ...numbers(8)]);
  });

  it('frozen options are taken, in all forms', async () => {
    const shelf = new Shelf(4, 2);
    const list = (offset: number) => numbers(Math.min(offset + 2, 4), offset);
    const forms = [
      paginate(Object.freeze({ ...shelf.options, prefetch: 1, retry: Object.freeze({ count: 1 }) })),
      paginate.cursor(Object.freeze({ ...shelf.options })),
      paginate.offset(Object.freeze({ limit: 2, fetch: list })),
      paginate.page(Object.freeze({ size: 2, fetch: (page: number) => list((page - 1) * 2) })),
      paginate(async function* () { yield* numbers(4); }, Object.freeze({ maxItems: 4 })), // prettier-ignore
    ];
    for (const form of forms) expect(await lastValue(form.pipe(toArray()))).toEqual(numbers(4));
  });

  it('what is changed in the options later changes nothing', async () => {
    const shelf = new Shelf(4, 2);
    const changed = new Proxy({}, { get: () => () => { throw boom; } }); // prettier-ignore
    const options: Record<string, unknown> = { ...shelf.options, limit: 2, size: 2 };
    const offset = { limit: 2, fetch: (begin: number) => numbers(Math.min(begin + 2, 4), begin) };
    const page = { size: 2, fetch: (page: number) => numbers(Math.min(page * 2, 4), Math.min((page - 1) * 2, 4)) };
    const runs = [paginate(options as never), paginate.cursor(options as never), paginate.offset(offset), paginate.page(page)]; // prettier-ignore
    for (const object of [options, offset, page] as Record<string, unknown>[]) {
      for (const name of ['fetch', 'items', 'next', 'total', 'until', 'key']) object[name] = changed;
      Object.assign(object, { limit: 1, size: 1, start: 'at 2', maxItems: 1, maxPages: 1, prefetch: 9 });
    }
    for (const run of runs) expect(await lastValue(run.pipe(toArray()))).toEqual(numbers(4));
  });

  it('each option is read once, at the call', async () => {
    const shelf = new Shelf(4, 2);
    const reads: PropertyKey[] = [];
    const watched = new Proxy({ ...shelf.options, prefetch: 1, maxPages: 9 }, { get: (target, name) => { reads.push(name); return Reflect.get(target, name) as unknown; } }); // prettier-ignore
    const pages = paginate(watched);
    const count = reads.length;
    expect(new Set(reads).size).toBe(count);
    await lastValue(pages);
    expect(reads).toHaveLength(count);
  });
});

describe('G12: a slow consumer is waited for', () => {
  it('no more pages are held than prefetch says, however slow it is', async () => {
    const shelf = new Shelf(1_000_000, 10, 'a promise');
    const held = new Set<number>();
    let most = 0;
    const pages = paginate({
      ...shelf.options,
      prefetch: 2,
      items: (sheet) => {
        held.add(sheet.items[0] as number);
        most = Math.max(most, held.size);
        return sheet.items;
      },
    });
    let count = 0;
    for await (const item of pages) {
      await nextMacrotask();
      if (item % 10 === 9) held.delete(item - 9);
      if (++count === 100) break;
    }
    expect(most).toBe(3);
    expect(shelf.requested).toBe(12);
    await settled();
  });

  it('a subscriber whose handler asks for more synchronously is not run over', () => {
    const shelf = new Shelf(6, 2);
    const journal = new Journal();
    const enough = new Subject<void>();
    paginate({ ...shelf.options, prefetch: 1 })
      .pipe(takeUntil(enough))
      .subscribe((item) => {
        journal.note(`begin ${String(item)}`);
        if (item === 3) enough.next();
        journal.note(`end ${String(item)}`);
      });
    expect(journal.lines).toEqual(['begin 0', 'end 0', 'begin 1', 'end 1', 'begin 2', 'end 2', 'begin 3', 'end 3']);
    expect(shelf.requested).toBeLessThanOrEqual(3);
  });

  it('firstValueFrom is enough with one', async () => {
    const shelf = new Shelf(100, 10, 'a promise');
    expect(await firstValueFrom(paginate(shelf.options), { defaultValue: -1 })).toBe(0);
    await nextMacrotask();
    expect(shelf.requested).toBe(1);
  });
});
