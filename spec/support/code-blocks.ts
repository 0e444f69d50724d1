import { readdirSync, readFileSync } from 'node:fs';
import { join, sep } from 'node:path';
import ts from 'typescript';
import { listSources, root } from './sources.js';

/**
 * The ```ts blocks of documents and doc comments, made ready to be checked and run.
 *
 * A statement followed by `// => value` asserts that the expression deeply equals the value. A block without one has
 * to say why, as in "```ts no-run: needs a server" or `<!-- no-run: needs a server -->` on the line above.
 */
export interface Block {
  /** Path in the repository. */
  readonly file: string;
  /** Line of its first line of code, from 1. */
  readonly line: number;
  /** The heading it stands under, or the symbol it documents. */
  readonly symbol: string;
  readonly code: string;
  /** Why it is not run; null where it is. */
  readonly noRun: string | null;
}

/** A block with its assertions turned into calls of `__check(line, actual, expected)`, line by line as before. */
export interface Prepared {
  readonly block: Block;
  readonly code: string;
  /** Lines in the file at which something is asserted. */
  readonly assertions: readonly number[];
  /** What is wrong with the block as it is written. */
  readonly faults: readonly string[];
}

const documents = ['README.md', 'ARCHITECTURE.md', 'CONTRIBUTING.md'];

/** All blocks of the repository. */
export function findBlocks(): Block[] {
  return [
    ...[...documents, ...listDocuments()].flatMap((file) => blocksOfMarkdown(file, read(file))),
    ...listSources('lib').flatMap((file) => blocksOfSource(`lib/${file}`, read(`lib/${file}`))),
  ];
}

/** Markdown files below `docs`, relative to the repository. */
export function listDocuments(): string[] {
  return readdirSync(join(root, 'docs'), { recursive: true, encoding: 'utf8' })
    .filter((path) => path.endsWith('.md'))
    .map((path) => `docs/${path.split(sep).join('/')}`)
    .sort();
}

function read(file: string): string {
  return readFileSync(join(root, file), 'utf8');
}

export function blocksOfMarkdown(file: string, text: string): Block[] {
  return fencesOf(text.split('\n')).map((fence) => ({
    file,
    line: fence.index + 1,
    symbol: fence.heading,
    code: fence.code,
    noRun: fence.noRun,
  }));
}

/** The blocks in all doc comments of a TypeScript source. */
export function blocksOfSource(file: string, text: string): Block[] {
  const source = ts.createSourceFile(file, text, ts.ScriptTarget.ES2022, true);
  const blocks: Block[] = [];
  const visit = (node: ts.Node, path: readonly string[]): void => {
    const name = nameOf(node);
    const inside = name === undefined ? path : [...path, name];
    for (const comment of docCommentsOf(node)) {
      const first = source.getLineAndCharacterOfPosition(comment.pos).line;
      const lines = comment.getText(source).split('\n').map(withoutStar);
      for (const fence of fencesOf(lines)) {
        const line = first + fence.index + 1;
        blocks.push({ file, line, symbol: inside.join('.'), code: fence.code, noRun: fence.noRun });
      }
    }
    ts.forEachChild(node, (child) => {
      visit(child, inside);
    });
  };
  visit(source, []);
  return blocks;
}

function docCommentsOf(node: ts.Node): readonly ts.JSDoc[] {
  return (node as { readonly jsDoc?: readonly ts.JSDoc[] }).jsDoc ?? [];
}

function nameOf(node: ts.Node): string | undefined {
  if (ts.isVariableStatement(node)) return node.declarationList.declarations[0]?.name.getText();
  if (ts.isConstructorDeclaration(node)) return 'constructor';
  const { name } = node as { readonly name?: ts.Node };
  const declares = ts.isFunctionDeclaration(node) || ts.isClassElement(node) || ts.isTypeElement(node);
  return (declares || ts.isClassDeclaration(node) || ts.isInterfaceDeclaration(node)) && name !== undefined
    ? name.getText()
    : undefined;
}

function withoutStar(line: string): string {
  return line.replace(/^\s*\* ?/, '');
}

interface Fence {
  /** Index of the first line of code. */
  readonly index: number;
  readonly code: string;
  readonly heading: string;
  readonly noRun: string | null;
}

function fencesOf(lines: readonly string[]): Fence[] {
  const fences: Fence[] = [];
  let heading = '';
  for (let i = 0; i < lines.length; i++) {
    heading = /^#+ (.*)/.exec(lines[i] ?? '')?.[1] ?? heading;
    const opening = /^(\s*)(`{3,})\s*(\w*)\s*(.*)$/.exec(lines[i] ?? '');
    if (opening === null) continue;
    const [, indent = '', ticks = '', language = '', info = ''] = opening;
    const index = i + 1;
    while (++i < lines.length && (lines[i] ?? '').trim() !== ticks);
    if (language !== 'ts' && language !== 'typescript') continue;
    const code = lines
      .slice(index, i)
      .map((line) => (line.startsWith(indent) ? line.slice(indent.length) : line))
      .join('\n');
    fences.push({ index, code, heading, noRun: markOf(info, lines.slice(0, index - 1)) });
  }
  return fences;
}

function markOf(info: string, before: readonly string[]): string | null {
  const above = before.filter((line) => line.trim() !== '').at(-1) ?? '';
  const match = /^no-run:?(.*)$/.exec(info) ?? /^<!-- no-run:?(.*)-->$/.exec(above.trim());
  return match?.[1]?.trim() ?? null;
}

/** Turns the assertions of a block into calls, and says what is wrong with how it is written. */
export function prepare(block: Block): Prepared {
  const { code, line } = block;
  const source = ts.createSourceFile('block.ts', code, ts.ScriptTarget.ES2022, true);
  const lineAt = (position: number): number => line + source.getLineAndCharacterOfPosition(position).line;
  const edits: Edit[] = [];
  const visit = (node: ts.Node): void => {
    const edit = ts.isExpressionStatement(node) ? editOf(node, code, lineAt) : undefined;
    if (edit !== undefined) edits.push(edit);
    ts.forEachChild(node, visit);
  };
  visit(source);
  return {
    block,
    code: `${edits.reduceRight((text, { pos, end, by }) => text.slice(0, pos) + by + text.slice(end), code)}\nexport {};`,
    assertions: edits.map((edit) => edit.line),
    faults: faultsOf(block, edits),
  };
}

interface Edit {
  readonly pos: number;
  readonly end: number;
  readonly line: number;
  readonly by: string;
}

function editOf(node: ts.ExpressionStatement, code: string, lineAt: (position: number) => number): Edit | undefined {
  const comment = ts.getTrailingCommentRanges(code, node.end)?.[0];
  const value = comment && /^\/\/ => (.*)$/.exec(code.slice(comment.pos, comment.end))?.[1];
  if (comment === undefined || value === undefined) return undefined;
  const line = lineAt(comment.pos);
  const by = `__check(${String(line)}, (${node.expression.getText()}), (${value}));`;
  return { pos: node.getStart(), end: comment.end, line, by };
}

function faultsOf({ file, line, code, noRun }: Block, edits: readonly Edit[]): string[] {
  const faults: string[] = [];
  const asserting = new Set(edits.map((edit) => edit.line));
  code.split('\n').forEach((text, index) => {
    const at = line + index;
    if (/\/\/ ?=>/.test(text) && !asserting.has(at)) {
      faults.push(`${file}:${String(at)}: "// => value" has to follow a statement that is an expression`);
    }
  });
  if (noRun === '')
    faults.push(`${file}:${String(line)}: no-run has to give its reason, as in "no-run: needs a server"`);
  if (noRun === null && edits.length === 0 && faults.length === 0) {
    faults.push(
      `${file}:${String(line)}: the block asserts nothing with "// => value" and is not marked "no-run: reason"`,
    );
  }
  return faults;
}

/**
 * Type checks blocks with the options of the project, all in one program. Answers the errors of each, as
 * `file:line: message`.
 */
export function checkTypes(blocks: readonly Prepared[]): Map<Block, string[]> {
  const folder = join(root, 'spec/examples/blocks');
  const prelude = join(folder, 'prelude.d.ts');
  const texts = new Map([
    [prelude, 'declare function __check(line: number, actual: unknown, expected: unknown): void;'],
  ]);
  const paths = blocks.map(({ code }, index) => {
    const path = join(folder, `${String(index)}.ts`);
    texts.set(path, code);
    return path;
  });
  const options = { ...projectOptions(), types: ['node'] };
  const program = ts.createProgram([prelude, ...paths], options, hostWith(texts, options));
  const faults = ts.sortAndDeduplicateDiagnostics([
    ...program.getOptionsDiagnostics(),
    ...program.getGlobalDiagnostics(),
  ]);
  if (faults.length > 0) throw new Error(faults.map((fault) => messageOf(fault)).join('\n'));
  return new Map(
    blocks.map(({ block }, index) => {
      const source = program.getSourceFile(paths[index] ?? '');
      return [block, ts.getPreEmitDiagnostics(program, source).map((fault) => located(fault, block))];
    }),
  );
}

/** The compiler options of tsconfig.json. */
export function projectOptions(): ts.CompilerOptions {
  const { config } = ts.readConfigFile(join(root, 'tsconfig.json'), (path) => ts.sys.readFile(path)) as {
    config: unknown;
  };
  return ts.parseJsonConfigFileContent(config, ts.sys, root).options;
}

function hostWith(texts: ReadonlyMap<string, string>, options: ts.CompilerOptions): ts.CompilerHost {
  const host = ts.createCompilerHost(options);
  return {
    ...host,
    fileExists: (path) => texts.has(path) || host.fileExists(path),
    readFile: (path) => texts.get(path) ?? host.readFile(path),
    getSourceFile: (path, language, ...rest) => {
      const text = texts.get(path);
      return text === undefined
        ? host.getSourceFile(path, language, ...rest)
        : ts.createSourceFile(path, text, language);
    },
  };
}

function located(fault: ts.Diagnostic, { file, line }: Block): string {
  const offset = fault.file?.getLineAndCharacterOfPosition(fault.start ?? 0).line ?? 0;
  return `${file}:${String(line + offset)}: ${messageOf(fault)}`;
}

function messageOf({ code, messageText }: ts.Diagnostic): string {
  return `TS${String(code)} ${ts.flattenDiagnosticMessageText(messageText, '\n')}`;
}

type Runnable = (
  require: (specifier: string) => unknown,
  exports: object,
  check: (line: number, actual: unknown, expected: unknown) => void,
) => Promise<void>;

/** Runs a block in a function scope of its own. Rejects where it throws, and where an assertion fails or is not reached. */
export async function runBlock({ block, code, assertions }: Prepared): Promise<void> {
  const reached = new Set<number>();
  const check = (line: number, actual: unknown, expected: unknown): void => {
    reached.add(line);
    try {
      expect(actual).toStrictEqual(expected);
    } catch (error) {
      throw new Error(`${block.file}:${String(line)}: ${(error as Error).message}`, { cause: error });
    }
  };
  await compile(code, `${block.file}:${String(block.line)}`)(require, {}, check);
  const missed = assertions.filter((line) => !reached.has(line));
  if (missed.length > 0) throw new Error(`${block.file}: never came to the assertion in line ${missed.join(', ')}`);
}

/** As CommonJS, so that `require` is all it takes to resolve what it imports the way the other specs do. */
function compile(code: string, name: string): Runnable {
  const { outputText } = ts.transpileModule(code, {
    compilerOptions: {
      target: ts.ScriptTarget.ES2022,
      module: ts.ModuleKind.CommonJS,
      esModuleInterop: true,
      experimentalDecorators: true,
      useDefineForClassFields: false,
    },
  });
  const AsyncFunction = (async () => undefined).constructor as new (...source: string[]) => Runnable;
  return new AsyncFunction('require', 'exports', '__check', `${outputText}\n//# sourceURL=${name}`);
}
