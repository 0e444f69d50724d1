import {
  checkChoice,
  checkCount,
  checkDuration,
  checkFunction,
  checkKeys,
  checkWhole,
  kindOf,
} from '../../lib/internal/check.js';

describe('checkFunction', () => {
  it('lets functions and classes pass', () => {
    expect(() => checkFunction(() => 1, 'it')).not.toThrow();
    expect(() => checkFunction(Map, 'it')).not.toThrow();
  });

  it.each<[unknown, string]>([
    [undefined, 'undefined'],
    [null, 'null'],
    ['text', 'string'],
    [{}, 'object'],
  ])('says what was expected and what came instead: %p', (value, received) => {
    expect(() => checkFunction(value, 'project')).toThrow(
      new TypeError(`Expected project to be a function, received ${received}.`),
    );
  });
});

describe('checkDuration', () => {
  it.each([0, 0.5, 1, Infinity])('lets %p pass', (value) => {
    expect(() => checkDuration(value, 'it')).not.toThrow();
  });

  it.each<[unknown, string]>([
    [-1, '-1'],
    [Number.NaN, 'NaN'],
    ['10', '10'],
    [undefined, 'undefined'],
    [null, 'null'],
  ])('says what was expected and what came instead: %p', (value, received) => {
    expect(() => checkDuration(value as number, 'due')).toThrow(
      new RangeError(`Expected due to be a number of milliseconds, 0 or more, received ${received}.`),
    );
  });
});

describe('checkCount', () => {
  it('names what it is about', () => {
    expect(() => { checkCount(0, 'limit', 1); }).toThrow('Expected limit to be a whole number, 1 or more, received 0.'); // prettier-ignore
    expect(() => { checkCount(1, 'limit', 1); }).not.toThrow(); // prettier-ignore
  });
});

describe('kindOf', () => {
  it('names the type, and null', () => {
    expect([null, undefined, {}, 1].map(kindOf)).toEqual(['null', 'undefined', 'object', 'number']);
  });
});

describe('checkWhole', () => {
  it('accepts the bounds and what is between', () => {
    for (const value of [1, 2, 3]) expect(() => checkWhole(value, 'size', 1, 3)).not.toThrow();
  });

  it.each([0, 4, 1.5, NaN, Infinity])('refuses %p, with both bounds', (value) => {
    expect(() => checkWhole(value, 'size', 1, 3)).toThrow(
      new RangeError(`Expected size to be a whole number from 1 to 3, received ${String(value)}.`),
    );
  });
});

describe('checkChoice', () => {
  it('accepts each of the words, and names them where it refuses another', () => {
    expect(() => checkChoice('a', 'mode', ['a', 'b'])).not.toThrow();
    expect(() => checkChoice('c', 'mode', ['a', 'b'])).toThrow(
      new TypeError("Expected mode to be one of 'a', 'b', received c."),
    );
  });
});

describe('checkKeys', () => {
  it('accepts known options, all or some', () => {
    expect(() => checkKeys({ max: 1 }, 'options', ['max', 'min'])).not.toThrow();
    expect(() => checkKeys({}, 'options', ['max', 'min'])).not.toThrow();
  });

  it('names the unknown ones, and those that there are', () => {
    expect(() => checkKeys({ maxx: 1 }, 'options of pool()', ['max', 'min'])).toThrow(
      new TypeError('There is no maxx in options of pool(). There is max, min.'),
    );
  });

  it.each([null, 1, 'max'])('refuses %p for options', (value) => {
    expect(() => checkKeys(value, 'options', ['max'])).toThrow(TypeError);
  });
});
