import { limitsOf, listOf } from '../../lib/interop/page-options.js';

describe('limitsOf', () => {
  it('fills in what is missing', () => {
    expect(limitsOf({})).toEqual({
      prefetch: 0,
      maxPages: Infinity,
      maxItems: Infinity,
      until: undefined,
      stopOnEmpty: false,
      repeatedCursor: 'error',
      key: undefined,
    });
  });

  it('takes the default of the form for stopOnEmpty, unless it is given', () => {
    expect(limitsOf({}, { stopOnEmpty: true }).stopOnEmpty).toBe(true);
    expect(limitsOf({ stopOnEmpty: false }, { stopOnEmpty: true }).stopOnEmpty).toBe(false);
    expect(limitsOf({ stopOnEmpty: true }).stopOnEmpty).toBe(true);
  });

  it('is a copy', () => {
    const options = { prefetch: 2, maxPages: 3 };
    const limits = limitsOf(options);
    options.prefetch = 9;
    expect(limits).toMatchObject({ prefetch: 2, maxPages: 3 });
  });

  it.each<[object, string]>([
    [{ prefetch: -1 }, 'Expected prefetch to be a whole number, 0 or more, received -1.'],
    [{ prefetch: 1.5 }, 'Expected prefetch to be a whole number, 0 or more, received 1.5.'],
    [{ prefetch: '2' }, 'Expected prefetch to be a whole number, 0 or more, received 2.'],
    [{ maxPages: 0 }, 'Expected maxPages to be a whole number, 1 or more, received 0.'],
    [{ maxItems: NaN }, 'Expected maxItems to be a whole number, 1 or more, received NaN.'],
    [{ maxItems: null }, 'Expected maxItems to be a whole number, 1 or more, received null.'],
  ])('%p is a RangeError', (options, message) => {
    expect(() => limitsOf(options)).toThrow(new RangeError(message));
  });

  it.each<[object, string]>([
    [{ until: 5 }, 'Expected until to be a function, received number.'],
    [{ key: 'id' }, 'Expected key to be a function, received string.'],
    [{ repeatedCursor: 'ignore' }, "Expected repeatedCursor to be 'error' or 'stop', received ignore."],
  ])('%p is a TypeError', (options, message) => {
    expect(() => limitsOf(options)).toThrow(new TypeError(message));
  });

  it('Infinity is a limit that is none', () => {
    const all = { prefetch: Infinity, maxPages: Infinity, maxItems: Infinity };
    expect(limitsOf(all)).toMatchObject(all);
  });
});

describe('listOf', () => {
  it('takes what can be iterated', () => {
    const set = new Set([1]);
    expect(listOf(set)).toBe(set);
  });

  it.each([
    [null, 'null'],
    [undefined, 'undefined'],
    ['text', 'string'],
    [{ items: [] }, 'object'],
  ])('%p is a TypeError that says what to do', (page, received) => {
    expect(() => listOf(page)).toThrow(
      new TypeError(
        `Expected the page to be a list of items, received ${received}. Pass items, which takes them out of it.`,
      ),
    );
  });
});
