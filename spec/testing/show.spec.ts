import { show } from '../../lib/testing/show.js';

function named(): void {
  // has a name
}

describe('show', () => {
  it.each<[unknown, string]>([
    ['text', "'text'"],
    [5, '5'],
    [5n, '5n'],
    [undefined, 'undefined'],
    [null, 'null'],
    [Symbol('s'), 'Symbol(s)'],
    [named, '[function named]'],
    [new TypeError('bad'), 'TypeError: bad'],
    [new Error(''), 'Error'],
    [/a/g, '/a/g'],
    [[1, 'a'], "[1, 'a']"],
    [{ id: 1, tags: ['x'] }, "{ id: 1, tags: ['x'] }"],
    [{}, '{}'],
    [new Set([1]), 'Set {1}'],
    [new Map([['a', 1]]), "Map {['a', 1]}"],
  ])('%#: short and on one line', (value, text) => {
    expect(show(value)).toBe(text);
  });

  it('shows a circle once', () => {
    const circle: Record<string, unknown> = { id: 1 };
    circle['self'] = circle;
    expect(show(circle)).toBe('{ id: 1, self: [circular] }');
  });

  it('shows what stands twice, and is no circle, twice', () => {
    const shared = { id: 1 };
    expect(show([shared, shared])).toBe('[{ id: 1 }, { id: 1 }]');
  });

  it('cuts off what is too long for a line', () => {
    expect(show('x'.repeat(100))).toBe(`'${'x'.repeat(78)}…`);
  });
});
