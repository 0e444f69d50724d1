/**
 * Scenario 29: a paginated web API as one stream of items: by page number, by offset, by cursor and by `Link` header.
 * The next page is requested when its items are wanted, and none once the consumer has enough.
 *
 * Python: `async def async_paginate(url, page_size)`, which stops at an empty page.
 */
import type { RequestListener } from 'node:http';
import { filter, Subject, take, toArray } from 'rxjs';
import { firstValue, lastValue, paginate, use } from 'rxscope';
import { localServer } from './support/local-server.js';
import { runDirectly } from './support/run-directly.js';

const books = ['Amok', 'Bambi', 'Chess', 'Demian', 'Emma', 'Faust', 'Gobseck'];
const size = 3;

/** A page that names the place where the next one begins. */
interface Shelf {
  readonly books: readonly string[];
  readonly next?: string | undefined;
}

/** The same books in four ways. Each request is told to `requests`. */
function shop(requests: Subject<string>): RequestListener {
  const from = (offset: number) => books.slice(offset, offset + size);
  return ({ url = '/' }, response) => {
    requests.next(url);
    const { pathname, searchParams } = new URL(url, 'http://localhost');
    const at = Number(searchParams.get('at'));
    const isMore = at + size < books.length;
    const answers: Record<string, () => unknown> = {
      '/numbered': () => from((at - 1) * size),
      '/counted': () => from(at),
      '/tokens': () => ({ books: from(at), next: isMore ? String(at + size) : undefined }) satisfies Shelf,
      '/linked': () => {
        if (isMore) response.setHeader('link', `</linked?at=${String(at + size)}>; rel="next"`);
        return from(at);
      },
    };
    response.setHeader('content-type', 'application/json');
    response.end(JSON.stringify(answers[pathname]?.()));
  };
}

/** The four forms. */
function catalogue(url: string, prefetch = 0, start?: string) {
  const get = async <T>(path: string, signal: AbortSignal): Promise<T> => {
    const response = await fetch(url + path, { signal });
    return (await response.json()) as T;
  };
  return {
    page: paginate.page({
      fetch: (page, _size, { signal }) => get<string[]>(`/numbered?at=${String(page)}`, signal),
      size,
      prefetch,
    }),
    offset: paginate.offset({
      fetch: (offset, _limit, { signal }) => get<string[]>(`/counted?at=${String(offset)}`, signal),
      limit: size,
    }),
    cursor: paginate.cursor({
      fetch: (cursor: string | undefined, { signal }) => get<Shelf>(`/tokens?at=${cursor ?? '0'}`, signal),
      items: (shelf) => shelf.books,
      next: (shelf) => shelf.next,
      ...(start === undefined ? {} : { start }),
    }),
    link: paginate.link<string>({ url: `${url}/linked?at=0` }),
  };
}

type Answer = Record<'numbered' | 'counted' | 'tokens' | 'linked' | 'early' | 'ahead' | 'resumed', string>;

export async function main(log: (line: string) => void): Promise<Answer> {
  const requests = new Subject<string>();
  requests.subscribe(log);
  const work = localServer(shop(requests)).pipe(
    use(async (url) => {
      const { page, offset, cursor, link } = catalogue(url);
      const numbered = await lastValue(page.pipe(toArray())); // up to the empty page
      const counted = await lastValue(offset.pipe(toArray()));
      const tokens = await lastValue(cursor.pipe(toArray()));
      const linked = await lastValue(link.pipe(toArray()));

      log('two are enough');
      const early = await lastValue(page.pipe(take(2), toArray()));

      log('one ahead');
      const second = firstValue(requests.pipe(filter((path) => path === '/numbered?at=2')));
      const ahead: string[] = [];
      for await (const book of catalogue(url, 1).page) {
        ahead.push(book);
        await second; // is on its way while the first page is being read
        if (ahead.length === 2) break;
      }

      log('one page, and the others later');
      const first = await firstValue(cursor.pages);
      const rest = await lastValue(catalogue(url, 0, first.cursor).cursor.pipe(toArray()));
      const lists = { numbered, counted, tokens, linked, early, ahead, resumed: [...first.page.books, ...rest] };
      return Object.fromEntries(Object.entries(lists).map(([name, list]) => [name, list.join(' ')])) as Answer;
    }),
  );
  return lastValue(work);
}

runDirectly('29-paginated-api.ts', main);
