import { map, take, toArray } from 'rxjs';
import { fromAsyncIterable, lastValue, paginate, pull, settled, UnsubscribedError } from '../../lib/index.js';
import { errorOf, raise } from '../support/failing.js';
import { Gate, Journal, notificationsOf, reported } from '../support/journal.js';
import { nextMacrotask } from '../support/macrotask.js';
import { microtasks } from '../support/microtasks.js';
import { rejection } from '../support/rejection.js';
import { itemsOf, numbers, Shelf, type Sheet } from '../support/shelf.js';

// `paginate` of what goes through pages itself.

const boom = new Error('boom');

/** Pages of two numbers, that write down what is asked of them. */
function source(journal: Journal, pages = 3): AsyncIterable<Sheet> & { closed: () => Promise<unknown> } {
  let page = 0;
  let closed: () => Promise<unknown> = () => Promise.resolve();
  return {
    get closed() {
      return closed;
    },
    set closed(value) {
      closed = value;
    },
    [Symbol.asyncIterator]: () => ({
      next() {
        journal.note('next');
        const begin = page++ * 2;
        const value: Sheet = { items: [begin, begin + 1], next: null };
        return Promise.resolve(page > pages ? { done: true, value: undefined } : { done: false, value });
      },
      async return() {
        journal.note('return');
        await closed();
        journal.note('returned');
        return { done: true, value: undefined };
      },
    }),
  };
}

describe('paginate(iterable)', () => {
  let journal: Journal;

  beforeEach(() => {
    journal = new Journal();
  });

  it('emits the items of each page in order, and completes at the end without return()', async () => {
    const pages = paginate(source(journal), { items: itemsOf });
    expect(await lastValue(pages.pipe(toArray()))).toEqual(numbers(6));
    expect(journal.take()).toEqual(['next', 'next', 'next', 'next']);
  });

  it('without items each element is an item, also one that is an array', async () => {
    const lists = async function* () {
      yield* await Promise.resolve([[1], [2, 3]]);
    };
    expect(await lastValue(paginate(lists).pipe(toArray()))).toEqual([[1], [2, 3]]);
  });

  it('a generator object can be gone through once, and the second time is a TypeError', async () => {
    const once = (async function* () {
      yield* await Promise.resolve([1, 2]);
    })();
    const pages = paginate(once);
    expect(await lastValue(pages.pipe(toArray()))).toEqual([1, 2]);
    expect(await errorOf(pages)).toBeInstanceOf(TypeError);
  });

  it('a function makes an iterable for each subscription, and is called by none before', async () => {
    let made = 0;
    const pages = paginate(async function* () {
      made++;
      yield* await Promise.resolve([1, 2]);
    });
    expect(made).toBe(0);
    expect(await lastValue(pages.pipe(toArray()))).toEqual([1, 2]);
    const looped: number[] = [];
    for await (const item of pages) looped.push(item);
    expect(looped).toEqual([1, 2]);
    expect(made).toBe(2);
  });

  it('a function that throws, and one that makes no iterable, are the error of the stream', async () => {
    expect(await errorOf(paginate(() => raise(boom)))).toBe(boom);
    expect(await errorOf(paginate(() => 5 as never))).toBeInstanceOf(TypeError);
    const iterator = paginate(() => raise(boom))[Symbol.asyncIterator]();
    expect(await rejection(iterator.next())).toBe(boom);
  });

  it.each<[string, object, number[], number]>([
    ['maxPages', { maxPages: 2 }, [0, 1, 2, 3], 2],
    ['maxItems', { maxItems: 3 }, [0, 1, 2], 2],
    ['until', { until: ({ items }: Sheet) => items.includes(3) }, [0, 1, 2, 3], 2],
    ['stopOnEmpty', { items: ({ items }: Sheet) => (items.includes(4) ? [] : items), stopOnEmpty: true }, [0, 1, 2, 3], 3], // prettier-ignore
  ])('return() is called once when %s ends it, and completion comes after it', async (_, limit, items, asked) => {
    const gate = new Gate();
    const iterable = source(journal, 9);
    iterable.closed = () => gate.promise;
    paginate(iterable, { items: itemsOf, ...limit }).pipe(toArray(), map((all) => String(all))).subscribe(journal.observer()); // prettier-ignore
    await nextMacrotask();
    expect(journal.take()).toEqual([...Array.from({ length: asked }, () => 'next'), 'return']);
    gate.open();
    await nextMacrotask();
    expect(journal.take()).toEqual(['returned', `next ${items.join()}`, 'complete']);
  });

  it('return() that fails then makes the completion an error', async () => {
    const iterable = source(journal, 9);
    iterable.closed = () => Promise.reject(boom);
    expect(await errorOf(paginate(iterable, { items: itemsOf, maxPages: 1 }))).toBe(boom);
  });

  it('leaving calls return() at once and once, and is waited for', async () => {
    const gate = new Gate();
    const iterable = source(journal, 9);
    iterable.closed = () => gate.promise;
    const subscription = paginate(iterable, { items: itemsOf, prefetch: 1 }).subscribe();
    subscription.unsubscribe();
    expect(journal.take().filter((line) => line === 'return')).toHaveLength(1);
    let isSettled = false;
    void settled().then(() => { isSettled = true; }); // prettier-ignore
    await nextMacrotask();
    expect(isSettled).toBe(false);
    gate.open();
    await nextMacrotask();
    expect(isSettled).toBe(true);
  });

  it('leaving aborts the signal that the function was given', () => {
    let reason: unknown;
    const pages = paginate(({ signal }) => {
      signal.addEventListener('abort', () => { reason = signal.reason; }); // prettier-ignore
      return source(journal);
    });
    pages.subscribe().unsubscribe();
    expect(reason).toBeInstanceOf(UnsubscribedError);
  });

  it('a failure while leaving is reported where nobody waits', async () => {
    const iterable = source(journal, 9);
    iterable.closed = () => Promise.reject(boom);
    paginate(iterable, { items: itemsOf }).subscribe().unsubscribe();
    expect(await reported()).toEqual(['boom']);
  });

  it('prefetch reads ahead, and no further', async () => {
    for (const prefetch of [0, 1, 3]) {
      const iterator = paginate(source(journal, 9), { items: itemsOf, prefetch })[Symbol.asyncIterator]();
      for (let taken = 1; taken <= 6; taken++) {
        await iterator.next();
        await nextMacrotask();
        expect(journal.lines).toHaveLength(Math.ceil(taken / 2) + prefetch);
      }
      await iterator.return();
      journal.take();
    }
  });

  it('never asks again before it was answered, whatever the prefetch', async () => {
    let asking = 0;
    let most = 0;
    const iterable: AsyncIterable<number> = {
      [Symbol.asyncIterator]: () => {
        let count = 0;
        return {
          async next() {
            most = Math.max(most, ++asking);
            await microtasks(2);
            asking--;
            return count < 9 ? { done: false, value: count++ } : { done: true, value: undefined };
          },
        };
      },
    };
    expect(await lastValue(paginate(iterable, { prefetch: 5 }).pipe(toArray()))).toEqual(numbers(9));
    expect(most).toBe(1);
  });

  it('an error comes after the pages before it', async () => {
    const pages = paginate(
      async function* () {
        yield* await Promise.resolve([1, 2]);
        throw boom;
      },
      { prefetch: 3 },
    );
    const iterator = pages[Symbol.asyncIterator]();
    await iterator.next();
    await nextMacrotask();
    expect((await iterator.next()).value).toBe(2);
    expect(await rejection(iterator.next())).toBe(boom);
  });

  it('items that throws leaves the iterable', async () => {
    expect(await errorOf(paginate(source(journal), { items: () => raise(boom) }))).toBe(boom);
    expect(journal.take()).toEqual(['next', 'return', 'returned']);
  });

  it('its pages have no cursor', async () => {
    const pages = paginate(source(journal), { items: itemsOf }).pages;
    expect(await lastValue(pages.pipe(map(({ cursor }) => cursor), toArray()))).toEqual([undefined, undefined, undefined]); // prettier-ignore
  });

  it('pages of pages: the inner run is left and ended with the outer one', async () => {
    const shelf = new Shelf(10, 2);
    const inner = paginate(shelf.options);
    const outer = paginate(inner.pages, { items: ({ page }) => page.items });
    expect(
      notificationsOf(
        outer.pipe(
          toArray(),
          map((all) => String(all)),
        ),
      ),
    ).toEqual([`next ${numbers(10).join()}`, 'complete']);
    expect(await lastValue(paginate(inner, { maxItems: 3 }).pipe(toArray()))).toEqual([0, 1, 2]);
    const failing = paginate({ ...shelf.options, next: () => raise(boom) });
    expect(await errorOf(paginate(failing.pages))).toBe(boom);
  });

  it('an observable of this library that can be asked is taken too', async () => {
    const numbered = fromAsyncIterable(async function* () {
      yield* await Promise.resolve([1, 2, 3]);
    });
    expect(await lastValue(paginate(numbered as never, { maxItems: 2 }).pipe(toArray()))).toEqual([1, 2]);
  });

  it('an iterable that has a fetch method is no set of options', async () => {
    const list = Object.assign(source(journal), { fetch: () => raise(boom) });
    expect(await lastValue(paginate(list, { items: itemsOf }).pipe(toArray()))).toEqual(numbers(6));
  });

  it('is pulled one page after the other', async () => {
    const pages = paginate(source(journal, 9), { items: itemsOf });
    const work = async (item: number): Promise<number> => {
      await nextMacrotask();
      journal.note(String(item));
      return item;
    };
    await lastValue(pull(pages, work).pipe(take(3)));
    expect(journal.lines).toEqual(['next', '0', '1', 'next', '2', 'return', 'returned']);
  });
});
