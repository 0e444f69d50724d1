import { execFile } from 'node:child_process';
import { cpSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { root } from '../support/sources.js';

interface Removal {
  readonly example: string;
  /** The file the release is in, where it is another one. */
  readonly file?: string;
  /** From its first line to its last. */
  readonly release: string | readonly [first: string, last: string];
  /** What stands there instead. Default: nothing. */
  readonly instead?: string;
  /** What the message says; null: nothing is said. */
  readonly named: readonly string[] | null;
}

const isOpen = (count: string) => `${count} still open.`;
const isUnreleased = (count: string) => `${count} held, and described without a release.`;
const members = (first: string) => [first, '\n    },\n'] as const;

/** Something was closed, and now nobody does it. */
const closings: readonly Removal[] = [
  { example: '20-dynamic-number.ts', release: 'await stack.close();', named: [isOpen('3 resources are'), 'a (held)', 'b (held)', 'c (held)', '20-dynamic-number.ts:'] }, // prettier-ignore
  { example: '20-dynamic-number.ts', release: 'await using building', instead: 'const building', named: [isOpen('2 resources are'), 'a (held)', 'b (held)'] }, // prettier-ignore
  { example: '25-explicit-close.ts', release: 'await using held =', instead: 'const held =', named: [isOpen('1 resource is'), 'lease of a block (held)', '25-explicit-close.ts:'] }, // prettier-ignore
  { example: '25-explicit-close.ts', release: 'await stream.close();\n    await stream.close();', named: [isOpen('1 resource is'), 'stream (held)'] }, // prettier-ignore
];

/** A release waits for what it does not bring about any more. */
const hanging: readonly Removal[] = [
  { example: '02-manager-generator.ts', release: 'server.close();', named: [isOpen('1 resource is'), 'server (exiting)', '02-manager-generator.ts:'] }, // prettier-ignore
  { example: '19-several-at-once.ts', release: 'listening.close();', named: [isOpen('1 resource is'), 'combine(server, temporary directory) (exiting server)'] }, // prettier-ignore
  { example: '29-paginated-api.ts', file: 'support/local-server.ts', release: 'server.close();', named: [isOpen('1 resource is'), 'server (exiting)', '29-paginated-api.ts:'] }, // prettier-ignore
];

/** The description has no release any more. */
const undescribed: readonly Removal[] = [
  { example: '03-exit-swallows-error.ts', release: members('    exit: (name, exit) => {'), named: [isUnreleased('1 resource was'), '  lenient, opened'] }, // prettier-ignore
  { example: '19-several-at-once.ts', release: members('    async release(listening) {'), named: [isUnreleased('1 resource was'), '  server (in combine(server, temporary directory)), opened'] }, // prettier-ignore
  { example: '20-dynamic-number.ts', release: ', release: (handle) => handle.close()', named: [isUnreleased('3 resources were'), '  a, opened', '  b, opened', '  c, opened'] }, // prettier-ignore
  { example: '21-nested-scopes.ts', release: members('    release: async (path, exit) => {'), named: [isUnreleased('1 resource was'), '  inventory, opened'] }, // prettier-ignore
  { example: '31-sync-manager.ts', file: 'support/temporary-directory.ts', release: 'release: (path) => rm(path, { recursive: true, force: true }),', named: [isUnreleased('1 resource was'), '  temporary directory, opened'] }, // prettier-ignore
  { example: '30-manager-and-iterator.ts', release: ['  async exit({ kind }: Exit)', '\n  }\n'], named: ['Expected the manager\'s "exit" to be a function'] }, // prettier-ignore
];

/** There is a release, and it does less than it should. Only a test against the real thing sees that. */
const unseen: readonly Removal[] = [
  { example: '04-handle-rethrow-close.ts', release: 'await file.close();', named: null }, // in a generator
  { example: '30-manager-and-iterator.ts', release: 'await this.worker?.terminate();', named: null }, // in a manager
  { example: '21-nested-scopes.ts', release: 'await handle.close();', named: null }, // in a release
  { example: '20-dynamic-number.ts', release: "stack.defer(() => log('deferred'));", named: null }, // in a stack
];

const removals = [...closings, ...hanging, ...undescribed, ...unseen];

function without(text: string, { release, instead = '' }: Removal): string {
  const [first, last] = typeof release === 'string' ? [release, ''] : release;
  const [before = '', after, ...others] = text.split(first);
  if (after === undefined || others.length > 0) throw new Error(`"${first}" does not stand there once.`);
  return before + instead + after.slice(after.indexOf(last) + last.length);
}

function titleOf({ release }: Removal): string {
  const [title = ''] = (typeof release === 'string' ? release : release[0]).trim().split('\n');
  return title;
}

describe('the leak check, with releases, on a copy of an example', () => {
  const folder = mkdtempSync(join(tmpdir(), 'rxscope-spec-'));
  const examples = [...new Set(removals.map(({ example }) => example))];
  let whole = new Map<string, string | undefined>();
  let changed: readonly (string | undefined)[] = [];

  const copy = (name: string): string => {
    cpSync(join(root, 'examples', 'scenarios'), join(folder, name), { recursive: true });
    return join(folder, name);
  };

  /** What the leak check says of each of some files. */
  const check = async (files: readonly string[]): Promise<string[]> => {
    const program = join(root, 'spec', 'testing', 'support', 'leak-check-process.ts');
    const run = promisify(execFile);
    const { stdout } = await run(process.execPath, ['--import', 'tsx', program, ...files], { cwd: root });
    const lines = stdout.trim().split('\n');
    return lines.map((line) => JSON.parse(line) as string);
  };

  const checkChanged = async (removal: Removal, index: number): Promise<string | undefined> => {
    const { example, file = example } = removal;
    const path = copy(`changed-${String(index)}`);
    writeFileSync(join(path, file), without(readFileSync(join(path, file), 'utf8'), removal));
    return (await check([join(path, example)]))[0];
  };

  beforeAll(async () => {
    symlinkSync(join(root, 'node_modules'), join(folder, 'node_modules'));
    writeFileSync(join(folder, 'package.json'), '{ "type": "module" }');
    const path = copy('whole');
    changed = await Promise.all(removals.map(checkChanged));
    const messages = await check(examples.map((example) => join(path, example)));
    whole = new Map(examples.map((example, index) => [example, messages[index]]));
  }, 120_000);

  afterAll(() => {
    rmSync(folder, { recursive: true, force: true });
  });

  it.each(examples)('has nothing to say about %s as it is', (example) => {
    expect(whole.get(example)).toBe('');
  });

  const titled = (list: readonly Removal[]) =>
    list.map((removal) => [removal.example, titleOf(removal), removal] as const);

  it.each(titled([...closings, ...hanging, ...undescribed]))('names it in %s without "%s"', (_, __, removal) => {
    for (const part of removal.named ?? []) expect(changed[removals.indexOf(removal)]).toContain(part);
  });

  it.each(titled(unseen))('does not see it in %s without "%s"', (_, __, removal) => {
    expect(changed[removals.indexOf(removal)]).toBe('');
  });
});
