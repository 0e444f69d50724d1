import { asyncDispose, dispose } from '../../lib/internal/async-dispose.js';

describe('asyncDispose and dispose', () => {
  it("are the realm's own symbols where it has them", () => {
    expect(asyncDispose).toBe(Symbol.asyncDispose);
    expect(dispose).toBe(Symbol.dispose);
  });

  it('are two', () => {
    expect(asyncDispose).not.toBe(dispose);
  });

  describe('in a realm without them', () => {
    it('are those that Node has registered', () => {
      const { asyncDispose: theirs, dispose: other } = Symbol;
      const load = (): { asyncDispose: symbol; dispose: symbol } => {
        let loaded: unknown;
        jest.isolateModules(() => {
          loaded = jest.requireActual('../../lib/internal/async-dispose.js');
        });
        return loaded as { asyncDispose: symbol; dispose: symbol };
      };
      const names = ['asyncDispose', 'dispose'] as const;
      const before = names.map((name) => Object.getOwnPropertyDescriptor(Symbol, name));
      if (before.some((descriptor) => descriptor?.configurable !== true)) {
        // Where the symbols are built in they cannot be taken away; then there is no such realm to be had.
        expect(load()).toEqual({ asyncDispose: theirs, dispose: other });
        return;
      }
      for (const name of names) Reflect.deleteProperty(Symbol, name);
      try {
        expect(load()).toEqual({
          asyncDispose: Symbol.for('nodejs.asyncDispose'),
          dispose: Symbol.for('nodejs.dispose'),
        });
      } finally {
        names.forEach((name, index) => Object.defineProperty(Symbol, name, before[index] as PropertyDescriptor));
      }
    });
  });
});
