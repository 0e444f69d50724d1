import { equals } from '../../lib/testing/equals.js';

class Point {
  constructor(readonly x: number) {}
}

const circle = (): unknown => {
  const self: { self?: unknown } = {};
  self.self = self;
  return self;
};

describe('equals', () => {
  it.each<[string, unknown, unknown]>([
    ['primitives', 1, 1],
    ['NaN', NaN, NaN],
    ['objects', { a: [1, { b: 2 }] }, { a: [1, { b: 2 }] }],
    ['an object without a property that is undefined', { a: 1 }, { a: 1, b: undefined }],
    ['instances and literals', new Point(1), { x: 1 }],
    ['errors of the same name and message', new Error('x'), new Error('x')],
    ['dates', new Date(5), new Date(5)],
    ['regular expressions', /a/g, /a/g],
    ['maps', new Map([[{ k: 1 }, 'v']]), new Map([[{ k: 1 }, 'v']])],
    ['sets', new Set([[1]]), new Set([[1]])],
    ['circles', circle(), circle()],
    ['what a matcher of the runner accepts', { id: 5 }, { id: expect.any(Number) as unknown }],
  ])('takes %s for equal', (_, actual, expected) => {
    expect(equals(actual, expected)).toBe(true);
  });

  it.each<[string, unknown, unknown]>([
    ['0 and -0', 0, -0],
    ['null and an object', null, {}],
    ['an object and undefined', {}, undefined],
    ['lists of different length', [1], [1, undefined]],
    ['a list and an object', [], {}],
    ['other values', { a: 1 }, { a: 2 }],
    ['other messages', new Error('x'), new Error('y')],
    ['other kinds of errors', new TypeError('x'), new Error('x')],
    ['dates', new Date(5), new Date(6)],
    ['regular expressions', /a/g, /a/],
    ['maps', new Map([[1, 'v']]), new Map([[1, 'w']])],
    ['sets', new Set([1]), new Set([2])],
    ['what a matcher of the runner refuses', 'x', expect.any(Number) as unknown],
  ])('tells apart %s', (_, actual, expected) => {
    expect(equals(actual, expected)).toBe(false);
  });
});
