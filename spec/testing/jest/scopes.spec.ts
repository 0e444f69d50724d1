import type { LifecycleSymbol, ProbedScope } from '../../../lib/testing/index.js';
import { describeScopes, isAcquired, isOpen, stageOf } from '../../../lib/testing/jest/scopes.js';

function scopeOf(symbols: string): ProbedScope<string> {
  const events = Array.from(symbols, (symbol, order) => ({ frame: order, symbol: symbol as LifecycleSymbol, order }));
  return { events, exit: null, handle: undefined };
}

describe('stageOf', () => {
  it.each([
    ['a', 'entering'],
    ['a|', 'given up'],
    ['a#', 'not acquired'],
    ['a^', 'held'],
    ['a^!', 'exiting'],
    ['a^!|', 'released'],
    ['a^!#', 'release failed'],
  ])('%s is %s', (symbols, stage) => {
    expect(stageOf(scopeOf(symbols))).toBe(stage);
  });
});

describe('isAcquired and isOpen', () => {
  it.each([
    ['a', false, true],
    ['a#', false, false],
    ['a^', true, true],
    ['a^!', true, true],
    ['a^!#', true, false],
  ])('%s: acquired %s, open %s', (symbols, acquired, open) => {
    expect(isAcquired(scopeOf(symbols))).toBe(acquired);
    expect(isOpen(scopeOf(symbols))).toBe(open);
  });
});

describe('describeScopes', () => {
  const context = {
    equals: () => false,
    utils: { matcherHint: String, printExpected: String, printReceived: (value: unknown) => `<${String(value)}>` },
  };

  it('tells what happened at which frame, and what goes on', () => {
    const failed = { ...scopeOf('a^!|'), exit: { kind: 'error', error: 'boom' } as const };
    expect(describeScopes(context, [failed, scopeOf('a^'), scopeOf('a^!')])).toBe(
      [
        '  1: entered at 0, acquired at 1, told error with <boom> at 2, released at 3',
        '  2: entered at 0, acquired at 1, still held',
        '  3: entered at 0, acquired at 1, told no exit at 2, still exiting',
      ].join('\n'),
    );
  });

  it('says so where there are none', () => {
    expect(describeScopes(context, [])).toBe('  none: it was never entered');
  });
});
