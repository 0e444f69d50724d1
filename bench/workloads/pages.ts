/** An API that answers in pages, and the ways of reading it that are written by hand. */
import { tally } from '../measure/tally.js';

export interface Page {
  readonly items: readonly number[];
  readonly next: number | undefined;
}

/** From the beginning where there is no cursor. */
export type Fetch = (cursor: number | undefined) => Promise<Page>;

/** So many pages of so many items, made beforehand. */
export function pagesOf(pages: number, size: number): readonly Page[] {
  return Array.from({ length: pages }, (_, page) => ({
    items: Array.from({ length: size }, (_, item) => page * size + item),
    next: page + 1 < pages ? page + 1 : undefined,
  }));
}

/** Counts the requests, so that nobody asks twice. */
export function serving(pages: readonly Page[]): Fetch {
  return async (cursor = 0) => {
    tally.opened += 1;
    return pages[cursor] as Page;
  };
}

export async function* eachPage(fetch: Fetch): AsyncGenerator<Page> {
  for (let cursor: number | undefined = 0; cursor !== undefined;) {
    const page: Page = await fetch(cursor);
    yield page;
    cursor = page.next;
  }
}

export async function* eachItem(fetch: Fetch): AsyncGenerator<number> {
  for await (const page of eachPage(fetch)) yield* page.items;
}
