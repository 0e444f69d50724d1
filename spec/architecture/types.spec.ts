import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { root } from '../support/sources.js';
import { typeErrors } from '../support/type-errors.js';

const minutes = 60_000;

describe('the types of lib, spec, examples and scripts', () => {
  it(
    'are right, also where each file is compiled by itself, as the tests are',
    () => {
      const seen = join(root, 'node_modules', '.cache', 'tsc', 'whole-tree.json');
      expect(typeErrors('tsconfig.json', '--incremental', '--tsBuildInfoFile', seen)).toEqual([]);
    },
    5 * minutes,
  );

  it(
    'are those of a platform without Node in the main entry and in the testing kit',
    () => {
      expect(typeErrors('tsconfig.browser.json')).toEqual([]);
    },
    5 * minutes,
  );
});

describe('typeErrors', () => {
  let folder = '';

  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'types-'));
    const settings = { extends: join(root, 'tsconfig.json'), compilerOptions: { types: [] }, include: ['*.ts'] };
    writeFileSync(join(folder, 'tsconfig.json'), JSON.stringify(settings));
  });

  afterEach(() => {
    rmSync(folder, { recursive: true });
  });

  it(
    'tells the file, the line and what is wrong of an assertion about a type that does not hold',
    () => {
      const expectTypeOf = join(root, 'node_modules', 'expect-type', 'dist', 'index.js');
      const text = `import { expectTypeOf } from '${expectTypeOf}';\n\nexpectTypeOf(1).toEqualTypeOf<string>();\n`;
      writeFileSync(join(folder, 'wrong.ts'), text);
      expect(typeErrors(folder)).toEqual([expect.stringMatching(/wrong\.ts\(3,\d+\): error TS2344: /)]);
    },
    minutes,
  );

  it(
    'tells a @ts-expect-error under which nothing is wrong',
    () => {
      writeFileSync(
        join(folder, 'idle.ts'),
        '// @ts-expect-error: a number is no string\nexport const one: number = 1;\n',
      );
      expect(typeErrors(folder)).toEqual([expect.stringContaining("TS2578: Unused '@ts-expect-error' directive.")]);
    },
    minutes,
  );

  it(
    'is silent about types that are right',
    () => {
      writeFileSync(join(folder, 'right.ts'), 'export const one: number = 1;\n');
      expect(typeErrors(folder)).toEqual([]);
    },
    minutes,
  );

  it('tells a compiler that could not even begin', () => {
    expect(typeErrors(folder, '--nonsense')).toEqual([expect.stringContaining("Unknown compiler option '--nonsense'")]);
  });
});
