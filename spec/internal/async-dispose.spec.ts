import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { runInNewContext } from 'node:vm';
import ts from 'typescript';
import { asyncDispose, dispose } from '../../lib/internal/async-dispose.js';
import { root } from '../support/sources.js';

describe('asyncDispose and dispose', () => {
  it("are the realm's own symbols where it has them", () => {
    expect(asyncDispose).toBe(Symbol.asyncDispose);
    expect(dispose).toBe(Symbol.dispose);
    expect(asyncDispose).not.toBe(dispose);
  });

  it('are those that Node has registered where the realm has none', () => {
    const source = readFileSync(join(root, 'lib', 'internal', 'async-dispose.ts'), 'utf8');
    const { outputText } = ts.transpileModule(source, { compilerOptions: { module: ts.ModuleKind.CommonJS } });
    const exports: Record<string, symbol> = {};
    // A realm of its own; what it may have of these symbols is taken away first.
    runInNewContext(
      `{ const { for: registered } = Symbol; globalThis.Symbol = { for: registered.bind(Symbol) }; }\n${outputText}`,
      { exports },
    );
    expect(exports).toEqual({
      asyncDispose: Symbol.for('nodejs.asyncDispose'),
      dispose: Symbol.for('nodejs.dispose'),
    });
  });
});
