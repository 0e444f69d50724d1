import { limitOf } from '../../lib/interop/limit-headers.js';

const now = Date.UTC(2026, 0, 1, 12);
const date = (time: number): string => new Date(time).toUTCString();
const epoch = (time: number): string => String(time / 1000);

/** The wait that headers ask for. */
function wait(headers: Record<string, string>, status = 429): number {
  return limitOf({ status, header: (name) => headers[name] ?? null }, now).wait;
}

function isRefusal(status: number | undefined, headers: Record<string, string> = {}): boolean {
  return limitOf({ status, header: (name) => headers[name] ?? null }, now).isRefusal;
}

describe('limitOf', () => {
  it.each([
    ['seconds', '30', 30_000],
    ['a fraction of one', '0.25', 250],
    ['none', '0', 0],
    ['a date', date(now + 30_000), 30_000],
    ['a date of the old form', 'Thursday, 01-Jan-26 12:00:30 GMT', 30_000],
    ['a date that has passed', date(now - 30_000), 0],
    ['garbage', 'soon', 0],
    ['a negative number', '-1', 0],
    ['nothing', '', 0],
    ['digits without end', '9'.repeat(400), 0],
    ['a number of another kind', '0x10', 0],
  ])('reads Retry-After: %s', (_, value, expected) => {
    expect(wait({ 'retry-after': value })).toBe(expected);
  });

  it.each([
    ['GitHub', { 'x-ratelimit-remaining': '0', 'x-ratelimit-reset': epoch(now + 30_000) }, 30_000],
    ['milliseconds', { 'x-ratelimit-remaining': '0', 'x-ratelimit-reset': String(now + 30_000) }, 30_000],
    ['seconds from now', { 'x-ratelimit-remaining': '0', 'x-ratelimit-reset': '30' }, 30_000],
    ['a date', { 'x-ratelimit-remaining': '0', 'x-ratelimit-reset': date(now + 30_000) }, 30_000],
    ['what has passed', { 'x-ratelimit-remaining': '0', 'x-ratelimit-reset': epoch(now - 1000) }, 0],
    ['another spelling', { 'x-rate-limit-remaining': '0', 'x-rate-limit-reset': epoch(now + 30_000) }, 30_000],
    ['the draft', { 'ratelimit-remaining': '0', 'ratelimit-reset': '30' }, 30_000],
    ['something left', { 'x-ratelimit-remaining': '1', 'x-ratelimit-reset': '30' }, 0],
    ['no word of what is left', { 'x-ratelimit-reset': '30' }, 0],
    ['no reset', { 'x-ratelimit-remaining': '0' }, 0],
    ['garbage left', { 'x-ratelimit-remaining': 'none', 'x-ratelimit-reset': '30' }, 0],
    ['nothing said', { 'x-ratelimit-remaining': '', 'x-ratelimit-reset': '30' }, 0],
    ['a garbage reset', { 'x-ratelimit-remaining': '0', 'x-ratelimit-reset': 'later' }, 0],
  ])('reads pairs of headers, also of a success: %s', (_, headers, expected) => {
    expect(wait(headers, 200)).toBe(expected);
  });

  it.each([
    ['"default";r=0;t=30', 30_000],
    ['"default";t=30;r=0', 30_000],
    ['"default"; r=0 ; t=30', 30_000],
    ['"burst";r=0;t=1, "daily";r=0;t=30', 30_000],
    ['"burst";r=5;t=1, "daily";r=0;t=30', 30_000],
    ['"a;r=0;t=60, b";r=0;t=30', 30_000],
    ['limit=10, remaining=0, reset=30', 30_000],
    ['"default";r=1;t=30', 0],
    ['"default";r=0', 0],
    ['"default";t=30', 0],
    ['"default', 0],
    [';,;,=', 0],
  ])('reads RateLimit: %s', (value, expected) => {
    expect(wait({ ratelimit: value }, 200)).toBe(expected);
  });

  it('takes the longest of several limits', () => {
    const headers = { 'x-ratelimit-remaining': '0', 'x-ratelimit-reset': '10', ratelimit: '"a";r=0;t=30' };
    expect(wait(headers)).toBe(30_000);
  });

  it('takes Retry-After before all others', () => {
    const headers = { 'retry-after': '5', 'x-ratelimit-remaining': '0', 'x-ratelimit-reset': '3600' };
    expect(wait(headers)).toBe(5_000);
    expect(wait({ ...headers, 'retry-after': 'soon' })).toBe(3_600_000);
  });

  it("counts from the server's own time of day where it says it", () => {
    const serverTime = now + 3_600_000;
    expect(wait({ date: date(serverTime), 'retry-after': date(serverTime + 30_000) })).toBe(30_000);
    const headers = { 'x-ratelimit-remaining': '0', 'x-ratelimit-reset': epoch(serverTime + 30_000) };
    expect(wait({ ...headers, date: date(serverTime) })).toBe(30_000);
    expect(wait({ ...headers, date: 'today' })).toBe(3_630_000);
  });

  it('takes no Retry-After of what is no failure: it says something else there', () => {
    expect([202, 301, 400, 429, 503].map((status) => wait({ 'retry-after': '30' }, status))).toEqual([
      0, 0, 30_000, 30_000, 30_000,
    ]);
    expect(limitOf({ status: undefined, header: () => '30' }, now).wait).toBe(30_000);
  });

  it('tells a refusal', () => {
    expect(isRefusal(429)).toBe(true);
    for (const status of [403, 503]) {
      expect(isRefusal(status)).toBe(false);
      expect(isRefusal(status, { 'retry-after': '1' })).toBe(true);
      expect(isRefusal(status, { 'retry-after': 'soon' })).toBe(false);
      expect(isRefusal(status, { 'x-ratelimit-remaining': '0' })).toBe(true);
      expect(isRefusal(status, { ratelimit: '"a";r=0' })).toBe(true);
      expect(isRefusal(status, { 'x-ratelimit-remaining': '1', 'x-ratelimit-reset': '1' })).toBe(false);
    }
    expect([undefined, 200, 500].map((status) => isRefusal(status, { 'retry-after': '1' }))).toEqual([false, false, false]); // prettier-ignore
  });
});
