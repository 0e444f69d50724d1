import { concatMap, delay, map, of, Subject, take, takeUntil, toArray, type Observable } from 'rxjs';
import { lastValue, paginate, pull, type Pages } from '../../lib/index.js';
import { Gate, inVirtualTime, Journal, notificationsOf } from '../support/journal.js';
import { nextMacrotask } from '../support/macrotask.js';
import { microtasks } from '../support/microtasks.js';
import { itemsOf, manners, nextOf, numbers, Shelf, type Sheet } from '../support/shelf.js';

describe('law 34: no more requests beyond what the consumer has taken than it allows', () => {
  const prefetches = [0, 1, 3];

  /** Counts what a consumer has done with, and looks at every request whether it is one too many. */
  class Ledger {
    readonly faults: string[] = [];
    /** Items, or whatever the consumer gets. */
    done = 0;
    most = 0;

    constructor(
      readonly shelf: Shelf,
      prefetch: number,
      { perPage = shelf.size, atOnce = 1 }: { perPage?: number; atOnce?: number } = {},
    ) {
      shelf.onRequest = () => {
        const wanted = Math.floor((this.done + atOnce - 1) / perPage) + 1;
        const beyond = shelf.requested - wanted;
        this.most = Math.max(this.most, beyond);
        if (beyond > prefetch) this.faults.push(`${String(shelf.requested)} with ${String(this.done)} done`);
      };
    }
  }

  type Consumer = readonly [
    string,
    { readonly perPage?: number; readonly atOnce?: number; readonly isFast?: boolean },
    (pages: Pages<number, Sheet, string>, done: () => void) => Promise<unknown>,
  ];

  const subscribed = (source: Observable<unknown>, done: () => void): Promise<void> =>
    new Promise((resolve, reject) => {
      source.subscribe({ next: done, error: reject, complete: resolve });
    });

  const looped = async (source: AsyncIterable<unknown>, done: () => void): Promise<void> => {
    const iterator = source[Symbol.asyncIterator]();
    while ((await iterator.next()).done !== true) {
      await nextMacrotask();
      done();
    }
  };

  const worked = (done: () => void) => async (): Promise<void> => {
    await microtasks(3);
    done();
  };

  const consumers: readonly Consumer[] = [
    ['a subscriber', { isFast: true }, (pages, done) => subscribed(pages, done)],
    ['a subscriber of the pages', { perPage: 1, isFast: true }, (pages, done) => subscribed(pages.pages, done)],
    ['a loop', {}, (pages, done) => looped(pages, done)],
    ['a loop over the pages', { perPage: 1 }, (pages, done) => looped(pages.pages, done)],
    ['pull', {}, (pages, done) => lastValue(pull(pages, worked(done)))],
    ['pull, three at a time', { atOnce: 3 }, (pages, done) => lastValue(pull(pages, worked(done), { concurrency: 3 }))],
    ['pull of the pages', { perPage: 1 }, (pages, done) => lastValue(pull(pages.pages, worked(done)))],
    [
      'pull, two at a time and in order',
      { atOnce: 2 },
      (pages, done) => lastValue(pull(pages, worked(done), { concurrency: 2, ordered: true })),
    ],
  ];

  describe.each(manners)('pages that are fetched as %s', (manner) => {
    describe.each(prefetches)('with prefetch %i', (prefetch) => {
      it.each(consumers)('%s', async (_, how, consume) => {
        const shelf = new Shelf(20, 2, manner);
        const ledger = new Ledger(shelf, prefetch, how);
        const pages = paginate({ ...shelf.options, prefetch });
        expect(shelf.requested).toBe(0);
        await consume(pages, () => ledger.done++);
        expect(ledger.faults).toEqual([]);
        expect(shelf.requested).toBe(10);
        expect(ledger.done).toBe(20 / (how.perPage === 1 ? 2 : 1));
        // Who takes pages as fast as they come leaves no time to go further ahead than to the next one.
        const isFast = manner === 'a promise' && how.isFast === true;
        if (manner !== 'at once') expect(ledger.most).toBe(isFast ? Math.min(prefetch, 1) : prefetch);
      });
    });
  });

  describe.each(prefetches)('a loop that asks step by step, with prefetch %i', (prefetch) => {
    const expected = (taken: number, pages: number): number => Math.min(pages, Math.ceil(taken / 2) + prefetch);

    it.each(manners)('has requested exactly that much at every step (%s)', async (manner) => {
      const shelf = new Shelf(12, 2, manner);
      const iterator = paginate({ ...shelf.options, prefetch })[Symbol.asyncIterator]();
      for (let taken = 1; taken <= 12; taken++) {
        expect(await iterator.next()).toEqual({ done: false, value: taken - 1 });
        await nextMacrotask();
        expect([taken, shelf.requested]).toEqual([taken, expected(taken, shelf.pages)]);
      }
      expect((await iterator.next()).done).toBe(true);
      expect(shelf.requested).toBe(6);
    });
  });

  describe.each(prefetches)('where the total is known, with prefetch %i', (prefetch) => {
    const size = 3;
    const paged = (total: number) => {
      const log = { requested: [] as number[], inFlight: 0, most: 0 };
      const pages = paginate.offset({
        limit: size,
        prefetch,
        total: (page: { items: number[] }) => (page.items.length > 0 ? total : undefined),
        items: (page) => page.items,
        fetch: async (offset) => {
          log.requested.push(offset);
          log.most = Math.max(log.most, ++log.inFlight);
          await microtasks(offset % 2 === 0 ? 9 : 2); // later ones overtake
          log.inFlight--;
          return { items: numbers(Math.min(offset + size, total), offset) };
        },
      });
      return { log, pages };
    };

    it('requests go side by side, never more than that beyond what was taken, and come in order', async () => {
      const { log, pages } = paged(21);
      const iterator = pages[Symbol.asyncIterator]();
      for (let taken = 1; taken <= 21; taken++) {
        expect(await iterator.next()).toEqual({ done: false, value: taken - 1 });
        expect(log.requested.length).toBeLessThanOrEqual(Math.ceil(taken / size) + prefetch);
        await nextMacrotask();
        expect(log.requested.length).toBe(Math.min(7, Math.ceil(taken / size) + prefetch));
      }
      expect((await iterator.next()).done).toBe(true);
      expect(log.requested).toEqual([0, 3, 6, 9, 12, 15, 18]);
      expect(log.most).toBe(Math.max(prefetch, 1));
    });
  });

  describe('pull', () => {
    it.each([1, 2, 5])('never has more than %i out, and asks for one at a time', async (concurrency) => {
      let given = 0;
      let finished = 0;
      let asking = 0;
      const faults: number[] = [];
      const source: AsyncIterable<number> = {
        [Symbol.asyncIterator]: () => ({
          async next() {
            if (++asking > 1 || given - finished >= concurrency) faults.push(given);
            await microtasks(2);
            asking--;
            return given < 20 ? { done: false, value: given++ } : { done: true, value: undefined };
          },
        }),
      };
      const work = async (value: number): Promise<number> => {
        await microtasks((value * 7) % 5);
        finished++;
        return value;
      };
      expect(await lastValue(pull(source, work, { concurrency, ordered: true }).pipe(toArray()))).toEqual(numbers(20));
      expect(faults).toEqual([]);
    });
  });

  it('requests nothing while a consumer sits on what it has', async () => {
    const shelf = new Shelf(100, 10, 'a promise');
    const busy = new Gate();
    const run = lastValue(pull(paginate({ ...shelf.options, prefetch: 2 }), () => busy.promise).pipe(take(1)));
    await nextMacrotask();
    expect(shelf.requested).toBe(3);
    busy.open();
    await run;
    expect(shelf.requested).toBe(3);
  });

  it('requests nothing after the consumer has enough', async () => {
    for (const manner of manners) {
      const shelf = new Shelf(100, 10, manner);
      expect(await lastValue(paginate(shelf.options).pipe(take(10), toArray()))).toEqual(numbers(10));
      await nextMacrotask();
      expect(shelf.requested).toBe(1);
    }
  });

  describe('virtual time (law 18)', () => {
    const sheets = (cold: (marbles: string, values: Record<string, Sheet>) => Observable<Sheet>, marbles: string) => {
      const shelf = new Shelf(6, 2);
      return {
        fetch: (cursor: string | undefined) => cold(marbles, { p: shelf.sheet(cursor) }),
        items: itemsOf,
        next: nextOf,
      };
    };
    const values = { a: [0, 1], b: [2, 3], c: [4, 5] };
    const sheetsOf = (pages: Pages<number, Sheet, string>) => pages.pages.pipe(map(({ page }) => page.items));

    it('pages come when their requests are answered, one after the other', () => {
      inVirtualTime((_, { cold, expectObservable }) => {
        expectObservable(sheetsOf(paginate(sheets(cold, '---p|')))).toBe('---a--b--(c|)', values);
      });
    });

    it('with prefetch the next request goes out while a slow consumer works', () => {
      const run = (prefetch: number): string[] =>
        inVirtualTime((journal, { cold, flush }) => {
          const { fetch, ...rest } = sheets(cold, '---p|');
          const logged = (cursor: string | undefined) => {
            journal.note(`request ${cursor ?? 'first'}`);
            return fetch(cursor);
          };
          pull(paginate({ ...rest, fetch: logged, prefetch }).pages, ({ page }) =>
            of(page.items.join()).pipe(delay(5)),
          ).subscribe(journal.observer());
          flush();
        }).lines;
      expect(run(0)).toEqual([
        ...['0 request first', '8 next 0,1', '8 request at 2', '16 next 2,3', '16 request at 4'],
        ...['24 next 4,5', '24 complete'],
      ]);
      expect(run(1)).toEqual([
        ...['0 request first', '3 request at 2', '8 next 0,1', '8 request at 4', '13 next 2,3'],
        ...['18 next 4,5', '18 complete'],
      ]);
    });

    it('an error comes in the frame of the page it stands for', () => {
      inVirtualTime((_, { cold, expectObservable }) => {
        const { fetch, ...rest } = sheets(cold, '--p|');
        const failing = (cursor: string | undefined) => (cursor === 'at 4' ? cold<Sheet>('--#') : fetch(cursor));
        expectObservable(sheetsOf(paginate({ ...rest, fetch: failing }))).toBe('--a-b-#', values);
      });
    });

    it('leaving unsubscribes the request under way in that frame', () => {
      inVirtualTime((_, { cold, expectObservable, expectSubscriptions }) => {
        const shelf = new Shelf(6, 2);
        const answers = [cold('--p|', { p: shelf.sheet(undefined) }), cold('------p|', { p: shelf.sheet('at 2') })];
        const [first, second] = answers as [(typeof answers)[0], (typeof answers)[0]];
        const pages = paginate({
          fetch: (cursor: string | undefined) => (cursor === undefined ? first : second),
          items: itemsOf,
          next: nextOf,
        });
        expectObservable(sheetsOf(pages), '^----!').toBe('--a', values);
        expectSubscriptions(first.subscriptions).toBe('^-!');
        expectSubscriptions(second.subscriptions).toBe('--^--!');
      });
    });

    it('retries keep to the scheduler too', () => {
      inVirtualTime((_, { cold, expectObservable }) => {
        let tries = 0;
        const { fetch, ...rest } = sheets(cold, '--p|');
        const flaky = (cursor: string | undefined) => (tries++ === 1 ? cold<Sheet>('-#') : fetch(cursor));
        const pages = paginate({ ...rest, fetch: flaky, retry: { count: 1, delay: 4 } });
        expectObservable(sheetsOf(pages)).toBe('--a------b-(c|)', values);
      });
    });
  });

  describe('synchronous stays synchronous (law 17)', () => {
    it.each(['at once', 'an observable'] as const)('pages that are fetched %s', (manner) => {
      for (const prefetch of prefetches) {
        const shelf = new Shelf(3, 2, manner);
        const pages = paginate({ ...shelf.options, prefetch });
        expect(notificationsOf(pages)).toEqual(['next 0', 'next 1', 'next 2', 'complete']);
        expect(notificationsOf(pages.pages.pipe(map(({ cursor }) => cursor)))).toEqual([
          'next at 2',
          'next undefined',
          'complete',
        ]);
        expect(notificationsOf(pull(pages, (item) => of(item)))).toEqual(['next 0', 'next 1', 'next 2', 'complete']);
      }
    });

    it('and so do errors, limits and leaving', () => {
      const shelf = new Shelf(10, 2);
      const failing = paginate({
        ...shelf.options,
        fetch: (cursor: string | undefined) => {
          if (cursor === 'at 4') throw new Error('boom');
          return shelf.fetch(cursor);
        },
      });
      expect(notificationsOf(failing)).toEqual(['next 0', 'next 1', 'next 2', 'next 3', 'error boom']);
      expect(notificationsOf(paginate({ ...shelf.options, maxItems: 3 }))).toEqual([
        'next 0',
        'next 1',
        'next 2',
        'complete',
      ]);
      const journal = new Journal();
      const enough = new Subject<void>();
      paginate(shelf.options)
        .pipe(takeUntil(enough))
        .subscribe((item) => {
          journal.note(String(item));
          if (item === 1) enough.next();
        });
      expect(journal.lines).toEqual(['0', '1']);
    });

    it('many pages at once need no more stack than one', () => {
      const shelf = new Shelf(50_000, 1);
      let count = 0;
      paginate(shelf.options).subscribe(() => count++);
      expect(count).toBe(50_000);
      count = 0;
      pull(paginate({ ...shelf.options, prefetch: 2 }), () => of(0)).subscribe(() => count++);
      expect(count).toBe(50_000);
    });

    it('in a body too, and inside concatMap', () => {
      const shelf = new Shelf(3, 2);
      const twice = of(1, 2).pipe(concatMap((turn) => paginate(shelf.options).pipe(map((item) => turn * 10 + item))));
      expect(
        notificationsOf(
          twice.pipe(
            toArray(),
            map((all) => String(all)),
          ),
        ),
      ).toEqual(['next 10,11,12,20,21,22', 'complete']);
    });
  });
});
