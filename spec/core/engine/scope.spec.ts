import * as scope from '../../../lib/core/engine/scope.js';
import { Bench } from '../../support/plain-layer.js';

describe('the states of a scope', () => {
  it('have an order: each comes after those it can follow', () => {
    const { ENTERING, HELD, STOPPING, ENDING, EXITING, GONE } = scope;
    const states = [ENTERING, HELD, STOPPING, ENDING, EXITING, GONE];
    expect([...states].sort((a, b) => a - b)).toEqual(states);
    expect(new Set(states).size).toBe(states.length);
  });
});

describe('NOTHING', () => {
  it('is the same in every copy of the package', () => {
    expect(scope.NOTHING).toBe(Symbol.for('rxscope.nothing'));
  });
});

describe('more', () => {
  it('makes the rest of a scope when it is first needed, once', () => {
    const holding = new Bench().holding();
    expect(holding.more).toBeNull();
    const rest = scope.more(holding);
    expect(rest).toBeInstanceOf(scope.More);
    expect(scope.more(holding)).toBe(rest);
  });
});
