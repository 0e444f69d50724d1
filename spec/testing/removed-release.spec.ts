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
  readonly release: string;
  /** What stands there instead. Default: nothing. */
  readonly instead?: string;
  /** What the message says. */
  readonly named: readonly string[];
}

const removals: readonly Removal[] = [
  {
    example: '02-manager-generator.ts',
    release: 'server.close();',
    named: ['1 resource is', 'resource (exiting)', '02-manager-generator.ts:'],
  },
  {
    example: '19-several-at-once.ts',
    release: 'listening.close();',
    named: ['1 resource is', 'combine(server, temporary directory) (exiting)'],
  },
  {
    example: '20-dynamic-number.ts',
    release: 'await stack.close();',
    named: ['3 resources are', 'a (held)', 'b (held)', 'c (held)', '20-dynamic-number.ts:'],
  },
  {
    example: '25-explicit-close.ts',
    release: 'await using held =',
    instead: 'const held =',
    named: ['1 resource is', 'lease of a block (held)', '25-explicit-close.ts:'],
  },
  {
    example: '29-paginated-api.ts',
    file: 'support/local-server.ts',
    release: 'server.close();',
    named: ['1 resource is', 'server (exiting)', '29-paginated-api.ts:'],
  },
];

/** What the leak check says of the copy of an example as it is, and without the release. */
async function check(folder: string, { example, file = example, release, instead = '' }: Removal): Promise<string[]> {
  const [whole, changed] = [join(folder, example, 'whole'), join(folder, example, 'changed')];
  for (const copy of [whole, changed]) cpSync(join(root, 'examples', 'scenarios'), copy, { recursive: true });
  const text = readFileSync(join(changed, file), 'utf8');
  if (text.split(release).length !== 2) throw new Error(`"${release}" does not stand in ${file} once.`);
  writeFileSync(join(changed, file), text.replace(release, instead));
  const program = join(root, 'spec', 'testing', 'support', 'leak-check-process.ts');
  const run = ['--import', 'tsx', program, ...[whole, changed].map((copy) => join(copy, example))];
  const { stdout } = await promisify(execFile)(process.execPath, run, { cwd: root });
  return stdout
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line) as string);
}

describe('the leak check on a copy of an example', () => {
  const folder = mkdtempSync(join(tmpdir(), 'rxscope-spec-'));
  let said = new Map<string, string[]>();

  beforeAll(async () => {
    symlinkSync(join(root, 'node_modules'), join(folder, 'node_modules'));
    writeFileSync(join(folder, 'package.json'), '{ "type": "module" }');
    said = new Map(
      await Promise.all(removals.map(async (removal) => [removal.example, await check(folder, removal)] as const)),
    );
  }, 60_000);

  afterAll(() => {
    rmSync(folder, { recursive: true, force: true });
  });

  it.each(removals)('has nothing to say about $example as it is', ({ example }) => {
    expect(said.get(example)?.[0]).toBe('');
  });

  it.each(removals)('names what is open in $example without "$release"', ({ example, named }) => {
    for (const part of named) expect(said.get(example)?.[1]).toContain(part);
  });
});
