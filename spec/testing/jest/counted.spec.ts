import type { MatcherContext } from '../../../lib/testing/jest/index.js';
import { matchCount } from '../../../lib/testing/jest/counted.js';

/** What Vitest and Jest have in common, without either. */
const context: MatcherContext = {
  equals: Object.is,
  utils: {
    matcherHint: (name, received = 'received', expected = 'expected', { isNot = false, promise = '' } = {}) =>
      [received, promise, isNot ? 'not' : '', name, expected].filter((part) => part !== '').join(' '),
    printExpected: String,
    printReceived: String,
  },
};

const scope = (symbol: 'a' | '^') => ({ events: [{ frame: 0, symbol, order: 0 }], exit: null, handle: undefined });

const db = { name: 'db', scopes: [scope('^'), scope('a'), scope('^')] };

const held = {
  matcher: 'toBeHeld',
  what: 'holders',
  counts: (one: { readonly events: readonly { readonly symbol: string }[] }) => one.events[0]?.symbol === '^',
};

describe('matchCount', () => {
  it.each([
    [undefined, true],
    [0, false],
    [1, false],
    [2, true],
  ])('with %p answers %p where two scopes count', (times, pass) => {
    expect(matchCount(context, held, db, times).pass).toBe(pass);
  });

  it('hands what is negated, and which promise is looked at, to the hint', () => {
    const [hint] = matchCount({ ...context, isNot: true, promise: 'resolves' }, held, db, 2)
      .message()
      .split('\n');
    expect(hint).toBe('probe resolves not toBeHeld times');
  });
});
