import { resource, type Resource } from 'rxscope';
import type { City } from './city.js';

/** One page of cities. */
export interface Page {
  /** Counted from 1. */
  readonly number: number;
  /** How many places there were on the pages before it. */
  readonly offset: number;
  readonly cities: readonly City[];
}

/** Fetches one page after the other until one is empty; each only when it is asked for. */
export async function* fetchPages(url: string, size: number, signal: AbortSignal): AsyncGenerator<Page, undefined> {
  for (let number = 1; ; number++) {
    const response = await fetch(`${url}?page=${String(number)}&size=${String(size)}`, { signal });
    if (!response.ok) throw new Error(`${response.url} answered ${String(response.status)}`);
    const cities = (await response.json()) as City[];
    if (cities.length === 0) return undefined;
    yield { number, offset: (number - 1) * size, cities };
  }
}

/** The same as a resource: a request under way is aborted when the consumer leaves, and the generator is closed. */
export function pages(url: string, size: number): Resource<AsyncGenerator<Page, undefined>> {
  return resource({
    name: 'pages',
    acquire: ({ signal }) => fetchPages(url, size, signal),
    release: (generator) => generator.return(undefined),
  });
}
