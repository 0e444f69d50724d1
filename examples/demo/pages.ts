import { paginate, type Pages } from 'rxscope';
import type { HttpClient } from 'rxscope/http';
import type { City } from './city.js';
import type { Traffic } from './traffic.js';

/** One page of cities. */
export interface CityPage {
  /** Counted from 1. */
  readonly number: number;
  /** How many places there were on the pages before it. */
  readonly offset: number;
  readonly cities: readonly City[];
}

/** How many pages are requested beyond those that the workers have asked for. */
export const prefetch = 1;

/** All pages, until one is empty. A request that is under way is aborted when the consumer leaves. */
export function cityPages(http: HttpClient, size: number, traffic: Traffic): Pages<City, CityPage, number> {
  return paginate.page({
    size,
    prefetch,
    async fetch(number, _size, { signal }) {
      traffic.requested();
      const response = await http.fetch(`/cities?page=${String(number)}&size=${String(size)}`, { signal });
      if (!response.ok) throw new Error(`Page ${String(number)}: the server answered ${String(response.status)}.`);
      const cities = (await response.json()) as City[];
      return { number, offset: (number - 1) * size, cities };
    },
    items: ({ cities }) => cities,
  });
}
