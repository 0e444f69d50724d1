import { CursorGuard, describeCursor, isNoCursor } from '../../lib/interop/cursor-guard.js';

/** How many cursors it takes to notice a circle of `length`, after `before` that are in none. */
function noticed(length: number, before = 0): number {
  const guard = new CursorGuard();
  let count = 0;
  for (let i = 0; i < before; i++, count++) expect(guard.sees(`before ${String(i)}`)).toBe(false);
  while (!guard.sees(`in ${String((count++ - before) % length)}`)) if (count > 100_000) throw new Error('not noticed');
  return count;
}

describe('CursorGuard', () => {
  it.each([1, 2, 3, 1000, 1024])('notices a circle of %i at its first repetition', (length) => {
    expect(noticed(length)).toBe(length + 1);
    expect(noticed(length, 5000)).toBe(5000 + length + 1);
  });

  it.each([1025, 5000, 20_000])('notices a circle of %i a little later', (length) => {
    expect(noticed(length)).toBeLessThanOrEqual(3 * length);
    expect(noticed(length, 3000)).toBeLessThanOrEqual(3 * (length + 3000));
  });

  it('does not take a long way for a circle', () => {
    const guard = new CursorGuard();
    for (let i = 0; i < 50_000; i++) expect(guard.sees(i)).toBe(false);
  });

  it('tells 1 from "1"', () => {
    const guard = new CursorGuard();
    expect([guard.sees(1), guard.sees('1'), guard.sees(1n), guard.sees(true)]).toEqual([false, false, false, false]);
  });

  const saysTheSame: readonly (readonly [string, () => unknown])[] = [
    ['plain objects', () => ({ after: { id: 1 }, list: [1, 'two', null] })],
    ['arrays', () => [1, [2]]],
    ['objects without a prototype', () => Object.assign(Object.create(null) as object, { id: 1 })],
    ['objects with bigints', () => ({ id: 5n })],
    ['dates', () => new Date(5)],
    ['addresses', () => new URL('http://localhost/?page=2')],
    ['bytes', () => new Uint8Array([1, 2])],
  ];

  it.each(saysTheSame)('%s that say the same are the same', (_, make) => {
    const guard = new CursorGuard();
    expect([guard.sees(make()), guard.sees(make())]).toEqual([false, true]);
  });

  class Secret {
    readonly #id: number;
    constructor(id: number) {
      this.#id = id;
    }
    get id(): number {
      return this.#id;
    }
  }

  const different: readonly (readonly [string, unknown, unknown])[] = [
    ['plain objects', { id: 1 }, { id: 2 }],
    ['maps', new Map([['id', 1]]), new Map([['id', 2]])],
    ['sets', new Set([1]), new Set([2])],
    ['search parameters', new URLSearchParams('page=1'), new URLSearchParams('page=2')],
    ['buffers', new Uint8Array([1]).buffer, new Uint8Array([2]).buffer],
    ['bytes', new Uint8Array([1]), new Uint8Array([2])],
    ['dates', new Date(1), new Date(2)],
    ['objects with private fields', new Secret(1), new Secret(2)],
    ['maps inside of objects', { after: new Map([['id', 1]]) }, { after: new Map([['id', 2]]) }],
  ];

  it.each(different)('%s that say something else are different', (_, one, other) => {
    const guard = new CursorGuard();
    expect([guard.sees(one), guard.sees(other)]).toEqual([false, false]);
    expect(guard.sees(one)).toBe(true);
  });

  it('what cannot be put into words is compared as it is', () => {
    const circular: { self?: object } = {};
    circular.self = circular;
    const other: { self?: object } = {};
    other.self = other;
    const guard = new CursorGuard();
    expect([guard.sees(circular), guard.sees(other), guard.sees(circular)]).toEqual([false, false, true]);
  });
});

describe('describeCursor', () => {
  it('shows what can be shown', () => {
    expect(describeCursor('abc')).toBe('"abc"');
    expect(describeCursor(3)).toBe('"3"');
    expect(describeCursor({ id: 3 })).toBe('"{"id":3}"');
    expect(describeCursor(new Map())).toBe('of type object');
    expect(describeCursor(Symbol('secret'))).toBe('of type symbol');
  });
});

describe('isNoCursor', () => {
  it.each([undefined, null, ''])('%p is none', (cursor) => {
    expect(isNoCursor(cursor)).toBe(true);
  });

  it.each([0, false, ' ', {}])('%p is one', (cursor) => {
    expect(isNoCursor(cursor)).toBe(false);
  });
});
