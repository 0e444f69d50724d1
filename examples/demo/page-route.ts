import type { City } from './city.js';

/** What is answered to a request for a page. */
export interface PageAnswer {
  readonly status: number;
  /** Where the next page is, as RFC 8288 writes it; undefined after the last one. */
  readonly link?: string;
  readonly cities: readonly City[];
}

/** The cities by pages: `?page=&size=`, an empty array after the last one. */
export function answerPage(cities: readonly City[], query: Readonly<Record<string, unknown>>): PageAnswer {
  const page = Number(query['page'] ?? 1);
  const size = Number(query['size'] ?? 100);
  if (!(page >= 1 && size >= 1 && Number.isInteger(page) && Number.isInteger(size))) return { status: 400, cities: [] };
  const found = cities.slice((page - 1) * size, page * size);
  if (page * size >= cities.length) return { status: 200, cities: found };
  const next = new URLSearchParams({ page: String(page + 1), size: String(size) });
  return { status: 200, link: `</cities?${next.toString()}>; rel="next"`, cities: found };
}
