import { EMPTY, finalize, map, NEVER, Observable, of, switchMap, take, throwError, timer } from 'rxjs';
import {
  awaitRelease,
  lastValue,
  paginate,
  pull,
  resource,
  settled,
  UnsubscribedError,
  use,
  using,
} from '../../lib/index.js';
import { errorOf, raise } from '../support/failing.js';
import { Gate, inVirtualTime, Journal, notificationsOf, reported } from '../support/journal.js';
import { nextMacrotask } from '../support/macrotask.js';
import { microtasks } from '../support/microtasks.js';
import { rejection } from '../support/rejection.js';
import { itemsOf, nextOf, numbers, Shelf, type Sheet } from '../support/shelf.js';

// What happens to a paginated stream that fails, or is left while requests are under way.

const boom = new Error('boom');
const late = new Error('late');

describe('errors', () => {
  const good = (): Sheet => ({ items: [1, 2], next: 'on' });
  const failing = (part: object): Parameters<typeof paginate<Sheet, number, string>>[0] => ({
    fetch: (cursor: string | undefined) => (cursor === undefined ? good() : { items: [3], next: null }),
    items: itemsOf,
    next: nextOf,
    ...part,
  });
  const second = (fail: () => unknown) => (cursor: string | undefined) => (cursor === undefined ? good() : fail());

  const causes: readonly (readonly [string, object, readonly string[]])[] = [
    ['fetch throws', { fetch: second(() => raise(boom)) }, ['1', '2']],
    ['fetch rejects', { fetch: second(() => Promise.reject(boom)) }, ['1', '2']],
    ['fetch answers an observable that fails', { fetch: second(() => throwError(() => boom)) }, ['1', '2']],
    ['fetch answers an observable that throws when it is subscribed', { fetch: second(() => new Observable(() => raise(boom))) }, ['1', '2']], // prettier-ignore
    ['items throws', { items: (page: Sheet) => (page.next === null ? raise(boom) : page.items) }, ['1', '2']],
    ['items throws half-way', { items: function* (page: Sheet) { yield* page.items; if (page.next === null) throw boom; } }, ['1', '2']], // prettier-ignore
    ['next throws', { next: (page: Sheet) => page.next ?? raise(boom) }, ['1', '2']],
    ['until throws', { until: (page: Sheet) => (page.next === null ? raise(boom) : false) }, ['1', '2']],
    ['key throws', { key: (item: number) => (item === 3 ? raise(boom) : item) }, ['1', '2']],
  ];

  describe.each(causes)('%s', (_, part, before) => {
    it.each([0, 2])('a subscriber is told in its turn (prefetch %i)', async (prefetch) => {
      const journal = new Journal();
      const source = paginate({ ...failing(part), prefetch });
      const ended = new Gate();
      source.pipe(finalize(() => { ended.open(); })).subscribe(journal.observer()); // prettier-ignore
      await ended.promise;
      expect(journal.lines).toEqual([...before.map((item) => `next ${item}`), 'error boom']);
    });

    it.each([0, 2])('a loop is told in its turn, once (prefetch %i)', async (prefetch) => {
      const looped: string[] = [];
      const iterator = paginate({ ...failing(part), prefetch })[Symbol.asyncIterator]();
      for (let i = 0; i < before.length; i++) {
        looped.push(String((await iterator.next()).value));
        await nextMacrotask(); // the failure is there long before its turn
      }
      expect(looped).toEqual(before);
      expect(await rejection(iterator.next())).toBe(boom);
      expect(await iterator.next()).toEqual({ done: true, value: undefined });
    });

    it('pull is told', async () => {
      expect(await errorOf(pull(paginate(failing(part)), (item) => of(item)))).toBe(boom);
    });
  });

  it('an observable without a page is an EmptyError', async () => {
    const source = paginate({ ...failing({}), fetch: () => EMPTY });
    expect((await errorOf(source)) as Error).toMatchObject({ name: 'EmptyError' });
  });

  it('a failure on the first page comes without any item', () => {
    expect(notificationsOf(paginate(failing({ fetch: () => raise(boom) })))).toEqual(['error boom']);
  });

  it('failing with undefined is failing', async () => {
    const source = paginate(failing({ fetch: () => Promise.reject(undefined) }));
    expect(await errorOf(source)).toBeUndefined();
  });

  it('items that are no iterable are a TypeError', async () => {
    expect(await errorOf(paginate(failing({ items: () => undefined })))).toBeInstanceOf(TypeError);
  });

  it('the pages do not care for items that are not wanted', async () => {
    const source = paginate(failing({ items: () => raise(boom) }));
    expect((await lastValue(source.pages)).page.items).toEqual([3]);
  });

  it('nothing is requested after a failure', async () => {
    const shelf = new Shelf(10, 2);
    const fetch = (cursor: string | undefined) => {
      shelf.requests.push(cursor);
      return cursor === 'at 4' ? Promise.reject(boom) : Promise.resolve(shelf.sheet(cursor));
    };
    const iterator = paginate({ ...shelf.options, fetch, prefetch: 5 })[Symbol.asyncIterator]();
    for (let i = 0; i < 4; i++) await iterator.next();
    expect(await rejection(iterator.next())).toBe(boom);
    await nextMacrotask();
    expect(shelf.requests).toEqual([undefined, 'at 2', 'at 4']);
  });

  it('a consumer whose handler throws is left, and that is reported', async () => {
    const shelf = new Shelf(10, 2, 'a promise');
    paginate(shelf.options).subscribe(() => raise(boom));
    await nextMacrotask();
    expect(await reported()).toEqual(['boom']);
    expect(shelf.requested).toBe(1);
  });
});

describe('leaving while a request is under way', () => {
  const hanging = (fetch: (signal: AbortSignal) => Promise<Sheet>) =>
    paginate({ fetch: (_: string | undefined, { signal }) => fetch(signal), items: itemsOf, next: nextOf });

  const untilAborted = (signal: AbortSignal, reason?: (signal: AbortSignal) => unknown): Promise<never> =>
    new Promise((_, reject) => {
      signal.addEventListener('abort', () => { reject(reason === undefined ? signal.reason : reason(signal)); }); // prettier-ignore
    });

  it("the signal's own reason is quiet, as is an error that has it as cause", async () => {
    hanging((signal) => untilAborted(signal))
      .subscribe()
      .unsubscribe();
    hanging((signal) => untilAborted(signal, () => new Error('aborted', { cause: signal.reason }))).subscribe().unsubscribe(); // prettier-ignore
    expect(await reported()).toEqual([]);
  });

  it('the reason is an UnsubscribedError', async () => {
    const gate = new Gate<unknown>();
    hanging((signal) => untilAborted(signal, () => { gate.open(signal.reason); return signal.reason as Error; })).subscribe().unsubscribe(); // prettier-ignore
    expect(await gate.promise).toBeInstanceOf(UnsubscribedError);
  });

  it('another failure is reported where nobody waits', async () => {
    hanging((signal) => untilAborted(signal, () => late))
      .subscribe()
      .unsubscribe();
    expect(await reported()).toEqual(['late']);
    const gate = new Gate<Sheet>();
    hanging(() => gate.promise)
      .subscribe()
      .unsubscribe();
    gate.fail(late);
    expect(await reported()).toEqual(['late']);
  });

  it('it goes to awaitRelease where that waits, which waits for the request', async () => {
    const gate = new Gate<Sheet>();
    const journal = new Journal();
    of(1, 2)
      .pipe(
        switchMap((turn) => (turn === 1 ? hanging(() => gate.promise) : of(0))),
        awaitRelease(),
      )
      .subscribe(journal.observer());
    await nextMacrotask();
    expect(journal.take()).toEqual(['next 0']);
    gate.fail(late);
    await microtasks();
    expect(journal.take()).toEqual(['error late']);
  });

  it('settled() waits for what does not stop', async () => {
    const gate = new Gate<Sheet>();
    const journal = new Journal();
    hanging(() => gate.promise).subscribe().unsubscribe(); // prettier-ignore
    void settled().then(() => { journal.note('settled'); }); // prettier-ignore
    await nextMacrotask();
    expect(journal.take()).toEqual([]);
    gate.open({ items: [1], next: 'on' });
    await nextMacrotask();
    expect(journal.take()).toEqual(['settled']);
  });

  it('an enclosing scope waits for it before it releases', async () => {
    const gate = new Gate<Sheet>();
    const journal = new Journal();
    const subscription = using(journal.resource('client'), () => hanging(() => gate.promise)).subscribe();
    subscription.unsubscribe();
    await nextMacrotask();
    expect(journal.take()).toEqual(['+client']);
    gate.open({ items: [], next: null });
    await nextMacrotask();
    expect(journal.take()).toEqual(['-client unsubscribe']);
  });

  it('a loop that is left waits for it and is told of its failure', async () => {
    const gate = new Gate<Sheet>();
    const iterator = hanging(() => gate.promise)[Symbol.asyncIterator]();
    const pending = iterator.next();
    const returning = iterator.return();
    expect(await pending).toEqual({ done: true, value: undefined });
    gate.fail(late);
    expect(await rejection(returning)).toBe(late);
    expect(await reported()).toEqual(['late']);
  });

  it('a page that comes after all is dropped, unread', async () => {
    const gate = new Gate<Sheet>();
    const read: string[] = [];
    const note = (line: string) => (): never => {
      read.push(line);
      throw boom;
    };
    paginate({ fetch: () => gate.promise, items: note('items'), next: note('next'), until: note('until') }).subscribe().unsubscribe(); // prettier-ignore
    gate.open({ items: [1], next: 'on' });
    await nextMacrotask();
    expect(read).toEqual([]);
  });

  describe('from inside fetch', () => {
    const leavingIn = (answer: () => unknown) => {
      const read: string[] = [];
      const pages = paginate({
        fetch: () => {
          leave();
          return answer() as Sheet;
        },
        items: (page: Sheet) => {
          read.push('items');
          return page.items;
        },
        next: () => {
          read.push('next');
          return undefined;
        },
      });
      const source = new Observable<number>((subscriber) => {
        leave = () => {
          subscriber.unsubscribe();
        };
        return pages.subscribe(subscriber);
      });
      let leave: () => void = () => undefined;
      return { source, read };
    };

    it('a value is dropped, unread', async () => {
      const { source, read } = leavingIn(() => ({ items: [1], next: null }));
      source.subscribe();
      expect(read).toEqual([]);
      await settled();
    });

    it('a promise is waited for, and its failure reported', async () => {
      const gate = new Gate<Sheet>();
      leavingIn(() => gate.promise).source.subscribe();
      const journal = new Journal();
      void settled().then(() => { journal.note('settled'); }); // prettier-ignore
      await nextMacrotask();
      expect(journal.take()).toEqual([]);
      gate.fail(late);
      expect(await reported()).toEqual(['late']);
      expect(journal.take()).toEqual(['settled']);
    });

    it('a throw is reported', async () => {
      leavingIn(() => raise(late)).source.subscribe();
      expect(await reported()).toEqual(['late']);
    });

    it('an observable is not subscribed', async () => {
      let subscribed = 0;
      leavingIn(() => new Observable(() => { subscribed++; })).source.subscribe(); // prettier-ignore
      await settled();
      expect(subscribed).toBe(0);
    });
  });
});

describe('scopes that fetch opens', () => {
  const slow = (journal: Journal, name: string) => journal.resource(name, { release: () => timer(5) });
  const scoped = (journal: Journal, more: object = {}) => {
    const shelf = new Shelf(2, 1);
    return paginate({
      ...shelf.options,
      ...more,
      fetch: (cursor: string | undefined) =>
        using(slow(journal, cursor === undefined ? 'one' : 'two'), () => of(shelf.sheet(cursor))),
    });
  };

  it('are released before the end is told, to a plain subscriber too', () => {
    const { lines } = inVirtualTime((journal, { flush }) => {
      scoped(journal).subscribe(journal.observer());
      flush();
    });
    expect(lines.slice(-3)).toEqual(['5 -one ok', '5 -two ok', '5 complete']);
  });

  it('are released before an error is told', () => {
    const { lines } = inVirtualTime((journal, { flush }) => {
      scoped(journal, { next: () => raise(boom) }).subscribe(journal.observer());
      flush();
    });
    expect(lines.slice(-2)).toEqual(['5 -one ok', '5 error boom']);
  });

  it('pages are not kept waiting for them', () => {
    const { lines } = inVirtualTime((journal, { flush }) => {
      scoped(journal).subscribe(journal.observer());
      flush();
    });
    expect(lines.filter((line) => line.includes('next'))).toEqual(['0 next 0', '0 next 1']);
  });

  it('are waited for by who waits further down, after leaving', () => {
    const { lines } = inVirtualTime((journal, { flush }) => {
      scoped(journal).pipe(take(1), awaitRelease()).subscribe(journal.observer());
      flush();
    });
    expect(lines).toEqual(['0 +one', '0 -one unsubscribe', '0 next 0', '5 -one ok', '5 complete']);
  });

  it('one that fails to release makes the completion an error', () => {
    const bad = resource({ acquire: () => 1, release: () => raise(late) });
    const source = paginate({ fetch: () => bad.pipe(use(() => of(0))), items: numbers, next: () => undefined });
    expect(notificationsOf(source)).toEqual(['error late']);
  });

  it('one that is held when the consumer leaves is released', async () => {
    const journal = new Journal();
    const source = paginate({
      fetch: () => using(journal.resource('client'), () => NEVER),
      items: () => [],
      next: () => undefined,
    });
    source.subscribe().unsubscribe();
    await settled();
    expect(journal.lines).toEqual(['+client', '-client unsubscribe']);
  });
});

describe('a fetch whose teardown throws', () => {
  const bad = (source: Observable<Sheet>) =>
    paginate({
      fetch: () => new Observable<Sheet>((subscriber) => { source.subscribe(subscriber); return () => raise(late); }), // prettier-ignore
      items: itemsOf,
      next: nextOf,
    });

  it('makes the completion an error, after all pages', async () => {
    expect(notificationsOf(bad(of({ items: [1], next: null })))).toEqual(['next 1', 'error late']);
    const slow = bad(timer(0).pipe(map(() => ({ items: [1], next: null }))));
    expect(await errorOf(slow)).toMatchObject({ errors: [late] });
  });

  it('is reported when the consumer leaves, and unsubscribe() does not throw', async () => {
    bad(NEVER).subscribe().unsubscribe();
    await settled();
    expect(await reported()).toEqual(['UnsubscriptionError']);
  });
});

describe('loops', () => {
  it('concurrent next() calls are answered in order, with no more requests than that takes', async () => {
    const shelf = new Shelf(10, 2, 'a promise');
    const iterator = paginate(shelf.options)[Symbol.asyncIterator]();
    const results = await Promise.all(Array.from({ length: 5 }, () => iterator.next()));
    expect(results.map(({ value }) => value)).toEqual([0, 1, 2, 3, 4]);
    expect(shelf.requested).toBe(3);
    await iterator.return();
  });

  it('concurrent next() calls beyond the end are done', async () => {
    const iterator = paginate(new Shelf(3, 2, 'a promise').options).pages[Symbol.asyncIterator]();
    const results = await Promise.all(Array.from({ length: 4 }, () => iterator.next()));
    expect(results.map(({ done }) => done)).toEqual([false, false, true, true]);
  });

  it('break in the pages leaves with the cursor to go on from', async () => {
    const shelf = new Shelf(10, 2, 'a promise');
    let cursor: string | undefined;
    for await (const page of paginate(shelf.options).pages) {
      ({ cursor } = page);
      if (page.page.items.includes(3)) break;
    }
    expect(cursor).toBe('at 4');
    expect(shelf.requested).toBe(2);
  });

  it('a throw in the loop leaves and is what comes out', async () => {
    const shelf = new Shelf(10, 2, 'a promise');
    const run = async (): Promise<void> => {
      for await (const item of paginate({ ...shelf.options, prefetch: 1 })) if (item === 1) throw boom;
    };
    expect(await rejection(run())).toBe(boom);
    expect(shelf.requested).toBe(2);
    await settled();
  });
});
