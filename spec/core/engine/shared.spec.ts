import { register, shared, unregister } from '../../../lib/core/engine/shared.js';
import { ENTERING, type Entry, type Scope } from '../../../lib/core/engine/scope.js';
import { Bench } from '../../support/plain-layer.js';

describe('shared', () => {
  it('is one for all copies of the package', () => {
    let other: typeof shared | undefined;
    jest.isolateModules(() => {
      other = jest.requireActual<{ shared: typeof shared }>('../../../lib/core/engine/shared.js').shared;
    });
    expect(other).toBe(shared);
    expect((globalThis as Record<symbol, unknown>)[Symbol.for('rxscope.shared.1')]).toBe(shared);
  });
});

describe('register and unregister', () => {
  const listed = (): Entry[] => {
    const scopes: Entry[] = [];
    for (let scope = shared.oldest; scope !== null; scope = scope.newer) scopes.push(scope);
    const back: Entry[] = [];
    for (let scope = shared.newest; scope !== null; scope = scope.older) back.unshift(scope);
    expect(back).toEqual(scopes);
    return scopes;
  };

  it.each([
    ['first to last', [0, 1, 2]],
    ['last to first', [2, 1, 0]],
    ['from the middle', [1, 0, 2]],
  ])('keep the order of opening, whatever goes first: %s', (_, order) => {
    const before = listed();
    const bench = new Bench();
    const scopes = [bench.holding('a'), bench.holding('b'), bench.holding('c')];
    for (const scope of scopes) register(scope, ENTERING);
    expect(listed()).toEqual([...before, ...scopes]);
    const left = new Set<Scope>(scopes);
    for (const index of order) {
      const scope = scopes[index] as Scope;
      unregister(scope);
      left.delete(scope);
      expect(listed()).toEqual([...before, ...left]);
      expect([scope.older, scope.newer]).toEqual([null, null]);
    }
  });

  it('let be what is not listed', () => {
    const bench = new Bench();
    const scope = bench.holding('listed');
    register(scope, ENTERING);
    unregister(bench.holding('not listed'));
    expect(listed()).toContain(scope);
    unregister(scope);
    unregister(scope);
    expect(listed()).not.toContain(scope);
  });
});
