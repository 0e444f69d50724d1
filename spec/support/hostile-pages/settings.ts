/**
 * What a query asks of the server. Pages are counted from 1 here, also where the form counts otherwise. A setting that
 * names a page is about that page alone; one that happens once happens once for each `run` and server.
 *
 * | setting         | default   | meaning                                                                            |
 * | --------------- | --------- | ---------------------------------------------------------------------------------- |
 * | `total`, `size` | 100, 10   | integers from 0 to `total` - 1, `size` on a page (`limit` in the offset form)      |
 * | `envelope`      |           | `1`: `{ items, total }` in the page and offset form instead of an array            |
 * | `end`           | `absent`  | what stands for a token after the last page: `absent`, `null`, `empty`             |
 * | `tokens`        | `fresh`   | `same`: always the same one; a number: so many in a circle                         |
 * | `empty`         |           | this page has no items, though more come after it (cursor and link form)           |
 * | `limited`       |           | this page is refused once, with 429                                                |
 * | `after`, `told` | 1, `seconds` | in so many seconds it may be tried; told as `seconds`, `date`, `reset`, `structured`, `nothing` |
 * | `exhausted`     |           | this page comes, with `X-RateLimit-Remaining: 0` and the reset of `after`          |
 * | `broken`        |           | this page fails once, with 500                                                     |
 * | `failing`       |           | this page always fails, with 500                                                   |
 * | `silent`        |           | this page is never answered                                                        |
 * | `held`          |           | this page is answered when the spec calls `letGo()`                                |
 * | `slow`          | 0         | milliseconds that each page takes                                                  |
 * | `link`          | `path`    | see links.ts                                                                       |
 * | `length`        | 100 000   | characters of garbage in a hostile `Link` header                                   |
 * | `run`           |           | anything; sets what happens once apart from other runs                             |
 */
export class Settings {
  constructor(readonly query: URLSearchParams) {}

  get total(): number {
    return this.number('total', 100);
  }

  get size(): number {
    return this.number('size', this.number('limit', 10));
  }

  number(name: string, fallback: number): number {
    const value = this.query.get(name);
    return value === null ? fallback : Number(value);
  }

  text(name: string, fallback: string): string {
    return this.query.get(name) ?? fallback;
  }

  /** Whether a setting names this page. */
  names(name: string, page: number): boolean {
    return this.query.get(name) === String(page);
  }

  /** The integers of a page. */
  itemsOf(page: number): number[] {
    return this.names('empty', page) ? [] : this.itemsFrom((page - 1) * this.size);
  }

  itemsFrom(offset: number): number[] {
    const length = Math.max(0, Math.min(this.size, this.total - offset));
    return Array.from({ length }, (_, index) => offset + index);
  }

  isLast(page: number): boolean {
    return page * this.size >= this.total;
  }

  /** The same query with another value of one setting. */
  with(name: string, value: number | string): string {
    const query = new URLSearchParams(this.query);
    query.set(name, String(value));
    return `?${String(query)}`;
  }
}
