import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { findCycles, findReExports, findViolations, findWrongArrows, parseArrowTable } from '../support/layering.js';
import { readSources, root } from '../support/sources.js';

const architecture = readFileSync(join(root, 'ARCHITECTURE.md'), 'utf8');

describe('lib', () => {
  it('keeps to the arrow table, has no import cycle and re-exports in index files only', () => {
    const files = readSources('lib');
    expect(files.size).toBeGreaterThan(0);
    expect(findViolations(files, parseArrowTable(architecture))).toEqual([]);
  });
});

describe('parseArrowTable', () => {
  it('takes the words in backticks from the rows under the heading', () => {
    const table = parseArrowTable(
      [
        '| `not` | `this` |',
        '## The arrow table',
        '| From | May import |',
        '| --- | --- |',
        '| `core` | `internal`, and `rxjs` |',
        '| `engine` | nothing else |',
        '## Next',
        '| `nor` | `this` |',
      ].join('\n'),
    );
    expect([...table]).toEqual([
      ['core', ['internal', 'rxjs']],
      ['engine', []],
    ]);
  });

  it('refuses a text without the table', () => {
    expect(() => parseArrowTable('# Architecture')).toThrow('no arrow table');
  });
});

describe('findWrongArrows', () => {
  const table = parseArrowTable(
    [
      '## The arrow table',
      '| `internal` | `rxjs` |',
      '| `core/engine` | own folder |',
      '| `core` | `core/engine`, `internal`, `rxjs` |',
      '| `adapters/*` | `core/index.ts` |',
      '| `adapters/node` | `core/index.ts`, `node:*` |',
      '| `index.ts` | `core/index.ts` |',
    ].join('\n'),
  );
  const check = (file: string, source: string): string[] => findWrongArrows(new Map([[file, source]]), table);

  it.each([
    ['core/a.ts', `import { b } from './b.js';`],
    ['core/a.ts', `import { b } from './engine/b.js';`],
    ['core/a.ts', `import { map } from 'rxjs';`],
    ['core/engine/a.ts', `import { b } from './deep/b.js';`],
    ['index.ts', `export * from './core/index.js';`],
    ['adapters/web/a.ts', `import { b } from './b.js'; import { c } from '../../core/index.js';`],
    ['adapters/node/a.ts', `import { readFile } from 'node:fs/promises';`],
  ])('accepts in %s: %s', (file, source) => {
    expect(check(file, source)).toEqual([]);
  });

  it.each([
    ['an upward import', 'internal/a.ts', `import { b } from '../core/b.js';`, '../core/b.js'],
    ['a type import', 'internal/a.ts', `import type { B } from '../core/b.js';`, '../core/b.js'],
    ['an import type', 'internal/a.ts', `type B = import('../core/b.js').B;`, '../core/b.js'],
    ['a dynamic import', 'internal/a.ts', `void import('../core/b.js');`, '../core/b.js'],
    ['a re-export', 'internal/a.ts', `export * from '../core/b.js';`, '../core/b.js'],
    ['a require', 'internal/a.ts', `import b = require('../core/b.js');`, '../core/b.js'],
    ['an import from the folder around', 'core/engine/a.ts', `import { b } from '../b.js';`, '../b.js'],
    ['a package not listed', 'core/engine/a.ts', `import { map } from 'rxjs';`, 'rxjs'],
    ['a subpath of a listed package', 'core/a.ts', `import { t } from 'rxjs/testing';`, 'rxjs/testing'],
    ['a file where only the index is listed', 'index.ts', `export * from './core/a.js';`, './core/a.js'],
    ['a neighbour under the same row', 'adapters/web/a.ts', `import { b } from '../http/b.js';`, '../http/b.js'],
    ['a platform of another adapter', 'adapters/web/a.ts', `import 'node:fs';`, 'node:fs'],
    ['a file outside lib', 'core/a.ts', `import { b } from '../../core/b.js';`, '../../core/b.js'],
  ])('catches %s', (_, file, source, target) => {
    expect(check(file, source)).toEqual([`${file} may not import ${target}`]);
  });

  it('catches a folder without a row', () => {
    expect(check('drawer/a.ts', '')).toEqual(['drawer/a.ts is in a folder that the arrow table does not name']);
  });
});

describe('findCycles', () => {
  it('catches a circle through a type import', () => {
    const files = new Map([
      ['core/a.ts', `import { b } from './b.js';`],
      ['core/b.ts', `import { c } from '../internal/c.js';`],
      ['internal/c.ts', `import type { A } from '../core/a.js';`],
    ]);
    expect(findCycles(files)).toEqual(['import cycle: core/a.ts -> core/b.ts -> internal/c.ts -> core/a.ts']);
  });

  it('catches a file that imports itself', () => {
    expect(findCycles(new Map([['a.ts', `import './a.js';`]]))).toEqual(['import cycle: a.ts -> a.ts']);
  });

  it('accepts two ways to the same file', () => {
    const files = new Map([
      ['a.ts', `import './b.js'; import './c.js';`],
      ['b.ts', `import './c.js';`],
      ['c.ts', ''],
    ]);
    expect(findCycles(files)).toEqual([]);
  });
});

describe('findReExports', () => {
  it.each([`export { b } from './b.js';`, `export * from './b.js';`, `import { b } from './b.js'; export { b };`])(
    'catches outside an index: %s',
    (source) => {
      expect(findReExports(new Map([['core/a.ts', source]]))).toEqual([
        'core/a.ts re-exports from ./b.js; only index.ts files may',
      ]);
    },
  );

  it('accepts them in an index, and local exports anywhere', () => {
    const files = new Map([
      ['core/index.ts', `export { b } from './b.js';`],
      ['core/b.ts', `const b = 1; export { b };`],
    ]);
    expect(findReExports(files)).toEqual([]);
  });
});
