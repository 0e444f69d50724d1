import { checkCount, checkDuration, checkFunction, kindOf } from '../../lib/core/check.js';

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
