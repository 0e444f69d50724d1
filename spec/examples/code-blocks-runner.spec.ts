import {
  blocksOfMarkdown,
  blocksOfSource,
  checkTypes,
  prepare,
  runBlock,
  type Block,
  type Prepared,
} from '../support/code-blocks.js';
import { readExamples } from '../support/code-blocks-surface.js';
import { root } from '../support/sources.js';

const block = (...lines: string[]): Block => ({
  file: 'page.md',
  line: 10,
  symbol: 'Page',
  code: lines.join('\n'),
  noRun: null,
});

const run = (...lines: string[]): Promise<void> => runBlock(prepare(block(...lines)));

/** The message of a rejection without the colours and the blank lines of the matcher's own text. */
async function failureOf(promise: Promise<void>): Promise<string> {
  const error: unknown = await promise.then(
    () => new Error('nothing failed'),
    (reason: unknown) => reason,
  );
  return (error as Error).message.split('\n')[0] ?? '';
}

describe('blocksOfMarkdown', () => {
  it('finds TypeScript blocks with their line and heading, and no others', () => {
    const text = ['# One', '```ts', 'a;', 'b;', '```', '## Two', '```sh', 'ls', '```', '```typescript', 'c;', '```'];
    expect(blocksOfMarkdown('page.md', text.join('\n'))).toEqual([
      { file: 'page.md', line: 3, symbol: 'One', code: 'a;\nb;', noRun: null },
      { file: 'page.md', line: 11, symbol: 'Two', code: 'c;', noRun: null },
    ]);
  });

  it('reads the reason not to run a block after the language or in a comment above', () => {
    const text = ['```ts no-run: no server', 'a;', '```', '<!-- no-run: a sketch -->', '', '```ts', 'b;', '```'];
    expect(blocksOfMarkdown('page.md', text.join('\n')).map(({ noRun }) => noRun)).toEqual(['no server', 'a sketch']);
  });

  it('takes the indentation of the fence off the code', () => {
    expect(blocksOfMarkdown('page.md', '- item\n\n  ```ts\n  if (a)\n    b;\n  ```').map(({ code }) => code)).toEqual([
      'if (a)\n  b;',
    ]);
  });
});

describe('blocksOfSource', () => {
  it('finds the blocks of doc comments with the symbol they document', () => {
    const text = [
      '/**',
      ' * @example',
      ' * ```ts',
      ' * one; // => 1',
      ' * ```',
      ' */',
      'export function one() {}',
      'class Two {',
      '  /**',
      '   * ```ts',
      '   * two;',
      '   * ```',
      '   */',
      '  method() {}',
      '}',
    ];
    expect(blocksOfSource('file.ts', text.join('\n'))).toEqual([
      { file: 'file.ts', line: 4, symbol: 'one', code: 'one; // => 1', noRun: null },
      { file: 'file.ts', line: 11, symbol: 'Two.method', code: 'two;', noRun: null },
    ]);
  });
});

describe('prepare', () => {
  const faultsOf = (...lines: string[]): readonly string[] => prepare(block(...lines)).faults;

  it('has nothing to say about a block that asserts', () => {
    expect(faultsOf('1 + 1; // => 2')).toEqual([]);
  });

  it('refuses a block that asserts nothing', () => {
    expect(faultsOf('const a = 1;')).toEqual([
      'page.md:10: the block asserts nothing with "// => value" and is not marked "no-run: reason"',
    ]);
  });

  it('accepts a block that asserts nothing where it says why', () => {
    expect(prepare({ ...block('a;'), noRun: 'a sketch' }).faults).toEqual([]);
  });

  it('refuses a mark without a reason', () => {
    expect(prepare({ ...block('a;'), noRun: '' }).faults).toEqual([
      'page.md:10: no-run has to give its reason, as in "no-run: needs a server"',
    ]);
  });

  it('refuses an assertion that follows no expression', () => {
    expect(faultsOf('1; // => 1', 'const a = 1; // => 1')).toEqual([
      'page.md:11: "// => value" has to follow a statement that is an expression',
    ]);
  });
});

describe('checkTypes', () => {
  const errorsOf = (...all: Prepared[]): string[][] => [...checkTypes(all).values()];

  it('names the line of each error, block by block, and finds none in correct ones', () => {
    const right = prepare(block("import { fromValue } from 'rxscope';", 'fromValue(1).name; // => "value"'));
    const wrong = prepare(block('const a = 1;', 'const b: string = a;', 'b; // => 1'));
    expect(errorsOf(right, wrong)).toEqual([
      [],
      ["page.md:11: TS2322 Type 'number' is not assignable to type 'string'."],
    ]);
  }, 60_000);

  it('checks what is expected too', () => {
    expect(errorsOf(prepare(block('1; // => missing')))).toEqual([["page.md:10: TS2304 Cannot find name 'missing'."]]);
  }, 60_000);
});

describe('runBlock', () => {
  it('runs imports, top-level await and `await using`', async () => {
    await run(
      "import { lease, resource } from 'rxscope';",
      'const log: string[] = [];',
      '{',
      "  await using held = await lease(resource({ acquire: () => 1, release: () => log.push('released') }));",
      '  held.value; // => 1',
      '}',
      "log; // => ['released']",
    );
  });

  it('compares deeply', async () => {
    await run("await Promise.resolve({ a: [1, new Map([['b', 2]])] }); // => { a: [1, new Map([['b', 2]])] }");
  });

  it('asserts on an expression of several lines', async () => {
    await run('[1, 2]', '  .map((n) => n * 2)', '  .join(); // => "2,4"');
  });

  it('fails on a wrong value and names its line', async () => {
    expect(await failureOf(run('1; // => 1', '2; // => 3'))).toContain('page.md:11: ');
  });

  it('does not take undefined for a missing property', async () => {
    expect(await failureOf(run('({ a: undefined }); // => ({})'))).toContain('page.md:10: ');
  });

  it('fails where the block throws', async () => {
    expect(await failureOf(run('1; // => 1', "throw new Error('broken');"))).toBe('broken');
  });

  it('fails where an assertion is not reached', async () => {
    expect(await failureOf(run('const never = () => {', '  1; // => 1', '};', 'void never;'))).toBe(
      'page.md: never came to the assertion in line 11',
    );
  });
});

describe('readExamples', () => {
  it('counts the blocks of each function and class, and finds where there is none', () => {
    expect(readExamples(root, 'lib/core/using.ts').map(({ name }) => name)).toEqual(['use', 'using']);
    expect(readExamples(root, 'lib/core/engine/suppressed-error.ts')).toEqual([
      { name: 'suppressedError', examples: 0 },
    ]);
  }, 60_000);

  it('asks for no example of an error of its own kind', () => {
    expect(readExamples(root, 'lib/core/engine/errors.ts').map(({ name }) => name)).toEqual(['ResourceError']);
  }, 60_000);
});
