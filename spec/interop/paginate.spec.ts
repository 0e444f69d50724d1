import { expectTypeOf } from 'expect-type';
import { Observable, of, toArray } from 'rxjs';
import { lastValue, paginate, Pages, type AskableObservable, type LinkedPage, type Page } from '../../lib/index.js';
import { notificationsOf } from '../support/journal.js';
import { numbers, Shelf } from '../support/shelf.js';

// The forms and their options. What they keep to: paginate-*.spec.ts and spec/laws/law-34.spec.ts.

const good = { fetch: () => [1], items: (page: number[]) => page, next: () => undefined };

describe('paginate', () => {
  it('makes an observable that is an async iterable too, and so are its pages', async () => {
    const shelf = new Shelf(3, 2);
    const pages = paginate(shelf.options);
    expect(pages).toBeInstanceOf(Pages);
    expect(pages).toBeInstanceOf(Observable);
    expect(await lastValue(pages.pipe(toArray()))).toEqual([0, 1, 2]);
    const looped: unknown[] = [];
    for await (const page of pages.pages) looped.push(page);
    expect(looped).toEqual([
      { page: { items: [0, 1], next: 'at 2' }, cursor: 'at 2' },
      { page: { items: [2], next: null }, cursor: undefined },
    ]);
  });

  it('gives fetch the cursor and a context, and next the page and its cursor', () => {
    const calls: unknown[][] = [];
    const pages = paginate({
      fetch: (cursor: number | undefined, context) => {
        calls.push(['fetch', cursor, Object.keys(context).length, context.signal.aborted]);
        return of({ number: cursor ?? 0 });
      },
      items: (page) => [page.number],
      next: (page, cursor) => {
        calls.push(['next', page.number, cursor]);
        return page.number < 1 ? page.number + 1 : undefined;
      },
    });
    expect(notificationsOf(pages)).toEqual(['next 0', 'next 1', 'complete']);
    expect(calls).toEqual([
      ['fetch', undefined, 0, false],
      ['next', 0, undefined],
      ['fetch', 1, 0, false],
      ['next', 1, 1],
    ]);
  });

  it('begins at start', () => {
    const shelf = new Shelf(6, 2);
    expect(notificationsOf(paginate({ ...shelf.options, start: 'at 4' }))).toEqual(['next 4', 'next 5', 'complete']);
    expect(shelf.requests).toEqual(['at 4']);
  });

  it('takes items that are any iterable', () => {
    const made = (items: () => Iterable<unknown>): string[] =>
      notificationsOf(paginate({ fetch: () => 1, items, next: () => undefined }));
    expect(made(() => new Set([1, 2]))).toEqual(['next 1', 'next 2', 'complete']);
    expect(made(function* () { yield 1; })).toEqual(['next 1', 'complete']); // prettier-ignore
    expect(made(() => 'ab')).toEqual(['next a', 'next b', 'complete']);
  });

  it('a page may be anything, also nothing', () => {
    const pages = paginate({ fetch: () => undefined, items: () => [1], next: () => undefined });
    expect(notificationsOf(pages)).toEqual(['next 1', 'complete']);
  });

  it.each<[object, ErrorConstructor, string]>([
    [{ fetch: undefined }, TypeError, 'Expected fetch to be a function, received undefined.'],
    [{ items: null }, TypeError, 'Expected items to be a function, received null.'],
    [{ next: 'token' }, TypeError, 'Expected next to be a function, received string.'],
    [{ prefetch: -1 }, RangeError, 'Expected prefetch to be a whole number, 0 or more, received -1.'],
    [{ maxPages: 0 }, RangeError, 'Expected maxPages to be a whole number, 1 or more, received 0.'],
    [{ maxItems: 0.5 }, RangeError, 'Expected maxItems to be a whole number, 1 or more, received 0.5.'],
    [{ until: true }, TypeError, 'Expected until to be a function, received boolean.'],
    [{ key: 'id' }, TypeError, 'Expected key to be a function, received string.'],
    [{ repeatedCursor: '' }, TypeError, "Expected repeatedCursor to be 'error' or 'stop', received ."],
  ])('%p is refused at the call', (part, kind, message) => {
    expect(() => paginate({ ...good, ...part } as never)).toThrow(new kind(message));
    expect(() => paginate.cursor({ ...good, ...part } as never)).toThrow(new kind(message));
  });

  it.each([undefined, null, 5, of(1), {}])('%p is no source', (source) => {
    expect(() => paginate(source as never)).toThrow(TypeError);
  });

  it('refuses wrong options for an iterable as well', () => {
    const empty = async function* () {};
    expect(() => paginate(empty, { items: 5 as never })).toThrow('Expected items to be a function, received number.');
    expect(() => paginate(empty, { prefetch: -1 })).toThrow(RangeError);
  });
});

describe('paginate.cursor', () => {
  it('is paginate with options', async () => {
    const shelf = new Shelf(5, 2);
    expect(await lastValue(paginate.cursor(shelf.options).pipe(toArray()))).toEqual(numbers(5));
  });
});

describe('types', () => {
  interface Row {
    readonly id: number;
  }

  interface Cursor {
    readonly after: string;
  }

  interface Rows {
    readonly rows: Row[];
    readonly more?: Cursor;
  }

  const rows: Rows = { rows: [] };

  it('options: items, page and cursor', () => {
    const pages = paginate({
      fetch: async (cursor: Cursor | undefined, { signal }) => {
        expectTypeOf(cursor).toEqualTypeOf<Cursor | undefined>();
        expectTypeOf(signal).toEqualTypeOf<AbortSignal>();
        return rows;
      },
      items: (page) => {
        expectTypeOf(page).toEqualTypeOf<Rows>();
        return page.rows;
      },
      next: (page) => page.more,
      until: (page) => page.rows.length === 0,
      key: (row) => row.id,
    });
    expectTypeOf(pages).toEqualTypeOf<Pages<Row, Rows, Cursor>>();
    expectTypeOf(pages).toExtend<Observable<Row>>();
    expectTypeOf(pages).toExtend<AsyncIterable<Row>>();
    expectTypeOf(pages.pages).toEqualTypeOf<AskableObservable<Page<Rows, Cursor>>>();
  });

  it('fetch may answer a value, a promise or an observable', () => {
    const part = { items: (page: Rows) => page.rows, next: () => undefined };
    expectTypeOf(paginate({ ...part, fetch: () => rows })).toExtend<Pages<Row, Rows>>();
    expectTypeOf(paginate({ ...part, fetch: () => of(rows) })).toExtend<Pages<Row, Rows>>();
    expectTypeOf(paginate.cursor({ ...part, fetch: () => Promise.resolve(rows) })).toExtend<Pages<Row, Rows>>();
  });

  it('next may answer null', () => {
    const pages = paginate.cursor({
      fetch: async (cursor: string | undefined) => ({ list: [1], token: cursor ?? null }),
      items: ({ list }) => list,
      next: ({ token }) => token,
    });
    expectTypeOf(pages).toEqualTypeOf<Pages<number, { list: number[]; token: string | null }, string>>();
  });

  it('by offset and by number, with items and without', () => {
    const offset = paginate.offset({
      limit: 1,
      fetch: async (offset, limit, context) => {
        expectTypeOf(offset).toEqualTypeOf<number>();
        expectTypeOf(limit).toEqualTypeOf<number>();
        expectTypeOf(context.signal).toEqualTypeOf<AbortSignal>();
        return [{ id: 1 }] as Row[];
      },
    });
    expectTypeOf(offset).toExtend<Observable<Row>>();
    expectTypeOf(offset).toEqualTypeOf<Pages<Row, readonly Row[], number>>();
    expectTypeOf(paginate.page({ size: 1, fetch: () => ['a'] })).toEqualTypeOf<Pages<string, readonly string[], number>>(); // prettier-ignore
    const taken = paginate.page({
      size: 1,
      fetch: async () => rows,
      items: (page) => page.rows,
      total: (page) => page.rows.length,
    });
    expectTypeOf(taken).toEqualTypeOf<Pages<Row, Rows, number>>();
  });

  it('links, with items and without', () => {
    const url = 'http://localhost/';
    expectTypeOf(paginate.link<Row>({ url })).toEqualTypeOf<Pages<Row, LinkedPage<readonly Row[]>, string>>();
    const taken = paginate.link({
      url,
      parse: async () => rows,
      items: ({ body, headers, status }) => {
        expectTypeOf(headers).toEqualTypeOf<Headers>();
        expectTypeOf(status).toEqualTypeOf<number>();
        return body.rows;
      },
    });
    expectTypeOf(taken).toEqualTypeOf<Pages<Row, LinkedPage<Rows>, string>>();
  });

  it('iterables, with items and without', () => {
    const source = async function* () {
      yield await Promise.resolve(rows);
    };
    expectTypeOf(paginate(source)).toEqualTypeOf<Pages<Rows, Rows, undefined>>();
    expectTypeOf(paginate(source(), { items: (page) => page.rows })).toEqualTypeOf<Pages<Row, Rows, undefined>>();
    expectTypeOf(paginate(({ signal }) => { expectTypeOf(signal).toEqualTypeOf<AbortSignal>(); return source(); })).toExtend<Observable<Rows>>(); // prettier-ignore
  });

  it('what is missing or wrong is an error', () => {
    // @ts-expect-error -- next is missing
    const withoutNext = () => paginate({ fetch: () => [1], items: (page: number[]) => page });
    // @ts-expect-error -- limit is missing
    const withoutLimit = () => paginate.offset({ fetch: () => [1] });
    // @ts-expect-error -- an observable is no source
    const ofObservable = () => paginate(of(1));
    expect([withoutNext, withoutLimit, ofObservable]).toHaveLength(3);
  });
});
