import * as fc from 'fast-check';
import { parseHttpDate } from '../../lib/internal/http-date.js';

const now = Date.UTC(2026, 0, 1);
const parse = (text: string): number | null => parseHttpDate(text, now);

describe('parseHttpDate', () => {
  it('reads the three forms of RFC 9110', () => {
    const time = Date.UTC(1994, 10, 6, 8, 49, 37);
    expect(parse('Sun, 06 Nov 1994 08:49:37 GMT')).toBe(time);
    expect(parse('Sunday, 06-Nov-94 08:49:37 GMT')).toBe(time);
    expect(parse('Sun Nov  6 08:49:37 1994')).toBe(time);
    expect(parse('Wed Nov 16 08:49:37 1994')).toBe(Date.UTC(1994, 10, 16, 8, 49, 37));
  });

  it('agrees with what the platform writes', () => {
    const years = { min: new Date('1600-01-01T00:00:00Z'), max: new Date('9999-12-31T23:59:59Z') };
    fc.assert(
      fc.property(fc.date({ ...years, noInvalidDate: true }), (date) => {
        expect(parse(date.toUTCString())).toBe(Math.floor(date.getTime() / 1000) * 1000);
      }),
    );
  });

  it('takes two digits for the year that is at most fifty years ahead', () => {
    expect(parse('Friday, 06-Nov-76 00:00:00 GMT')).toBe(Date.UTC(2076, 10, 6));
    expect(parse('Friday, 06-Nov-77 00:00:00 GMT')).toBe(Date.UTC(1977, 10, 6));
  });

  it('knows leap years and leap seconds', () => {
    expect(parse('Thu, 29 Feb 2024 00:00:00 GMT')).toBe(Date.UTC(2024, 1, 29));
    expect(parse('Tue, 29 Feb 2000 00:00:00 GMT')).toBe(Date.UTC(2000, 1, 29));
    expect(parse('Sat, 31 Dec 2016 23:59:60 GMT')).toBe(Date.UTC(2017, 0, 1));
  });

  it.each([
    '',
    'soon',
    '12',
    '2026-01-01T00:00:00Z',
    'Thu, 30 Feb 2024 00:00:00 GMT',
    'Wed, 29 Feb 2023 00:00:00 GMT',
    'Wed, 29 Feb 1900 00:00:00 GMT',
    'Wed, 00 Jan 2023 00:00:00 GMT',
    'Wed, 32 Dec 2023 00:00:00 GMT',
    'Wed, 01 Foo 2023 00:00:00 GMT',
    'Wed, 01 Jan 2023 24:00:00 GMT',
    'Wed, 01 Jan 2023 00:60:00 GMT',
    'Wed, 01 Jan 2023 00:00:61 GMT',
    'Wed, 01 Jan 2023 00:00:00 CET',
    'Wed, 01 Jan 2023 00:00:00 GMT, Wed, 01 Jan 2023 00:00:00 GMT',
  ])('finds no date in %j', (text) => {
    expect(parse(text)).toBeNull();
  });
});
