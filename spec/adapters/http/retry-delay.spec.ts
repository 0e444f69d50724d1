import { backOff, isIdempotent, retryAfter } from '../../../lib/adapters/http/retry-delay.js';

const now = Date.UTC(1994, 10, 6, 8, 49, 0);

describe('retryAfter', () => {
  it.each<[Record<string, string>, number | null]>([
    [{ 'retry-after': '120' }, 120_000],
    [{ 'retry-after': ' 0 ' }, 0],
    [{ 'retry-after': 'Sun, 06 Nov 1994 08:49:37 GMT' }, 37_000],
    [{ 'retry-after': 'Sunday, 06-Nov-94 08:49:37 GMT' }, 37_000],
    [{ 'retry-after': 'Sun Nov  6 08:49:37 1994' }, 37_000],
    [{ 'retry-after': 'Sun, 06 Nov 1994 08:48:00 GMT' }, 0],
    [{ 'retry-after': 'Sun, 06 Nov 1994 08:49:37 GMT', date: 'Sun, 06 Nov 1994 08:49:30 GMT' }, 7000],
    [{ 'retry-after': '-1' }, null],
    [{ 'retry-after': '1e3' }, null],
    [{ 'retry-after': 'tomorrow' }, null],
    [{}, null],
  ])('reads %j as %p', (headers, wait) => {
    expect(retryAfter(new Headers(headers), now)).toBe(wait);
  });
});

describe('backOff', () => {
  const options = { count: 9, statuses: [], delay: 100, maxDelay: 1000, jitter: 0.5, maxRetryAfter: 0 };

  it('doubles up to the longest', () => {
    const all = [0, 1, 2, 3, 4, 50, 5000].map((retries) => backOff(options, retries, () => 0));
    expect(all).toEqual([100, 200, 400, 800, 1000, 1000, 1000]);
  });

  it('leaves as much to chance as it is told', () => {
    expect(backOff(options, 0, () => 0.5)).toBe(75);
    expect(backOff({ ...options, jitter: 0 }, 0, () => 0.5)).toBe(100);
    expect(backOff({ ...options, jitter: 1 }, 0, () => 0.5)).toBe(50);
  });
});

describe('isIdempotent', () => {
  it('is said of the methods of RFC 9110, 9.2.2', () => {
    const all = ['GET', 'HEAD', 'OPTIONS', 'TRACE', 'PUT', 'DELETE', 'POST', 'PATCH', 'CONNECT', 'PURGE'];
    expect(all.filter((method) => isIdempotent(method))).toEqual(all.slice(0, 6));
  });
});
