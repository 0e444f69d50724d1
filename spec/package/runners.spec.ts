import { spawnSync } from 'node:child_process';
import { copyFileSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { stripVTControlCharacters } from 'node:util';
import { root } from '../support/sources.js';
import { consumer } from './support/consumer.js';

const fixtures = join(__dirname, 'runners');
const modules = join(root, 'node_modules');
const typescript = pathToFileURL(require.resolve('tsx')).href;

// The runners are those of this repository. What the tests import is found from the folder they are in: as CommonJS by
// Mocha, as ES modules by Vitest.
const runners = {
  mocha: ['--import', typescript, join(modules, 'mocha', 'bin', 'mocha.js'), '--reporter', 'spec'],
  vitest: [join(modules, 'vitest', 'vitest.mjs'), 'run', '--globals', '--reporter', 'default'],
};

/** Runs one of the fixtures in a project of its own; answers how that ended and what whoever ran it got to read. */
function run(
  runner: keyof typeof runners,
  fixture: string,
): { readonly status: number | null; readonly output: string } {
  const cwd = join(consumer, runner);
  mkdirSync(cwd, { recursive: true });
  writeFileSync(join(cwd, 'tsconfig.json'), '{}');
  copyFileSync(join(fixtures, `${fixture}.fixture.ts`), join(cwd, `${fixture}.spec.ts`));
  const env = { ...process.env, FORCE_COLOR: '0' };
  const args = [...runners[runner], `${fixture}.spec.ts`];
  const { status, stdout, stderr } = spawnSync(process.execPath, args, { cwd, encoding: 'utf8', env });
  return { status, output: stripVTControlCharacters(stdout + stderr).replace(/for \d+ ms/g, 'for N ms') };
}

/** Where a text stands in the tests that fail, as stacks tell it. */
function placeOf(text: string): string {
  const source = readFileSync(join(fixtures, 'failing.fixture.ts'), 'utf8');
  const before = source.slice(0, source.indexOf(text)).split('\n');
  return `failing.spec.ts:${before.length}:${(before.at(-1) ?? '').length + 1}`;
}

describe.each([
  ['mocha', '3 passing', '5 failing', / [1-9]\d* passing/],
  ['vitest', 'Tests  3 passed (3)', 'Tests  5 failed (5)', /Tests {2}[1-9]\d* passed/],
] as const)('the testing kit of the packed package under %s', (runner, passed, failed, kept) => {
  it('passes the tests that draw what happens', () => {
    const { status, output } = run(runner, 'passing');
    expect(output).toContain(passed);
    expect(status).toBe(0);
  }, 60_000);

  it('registers the tests of a contract with what the runner has made global', () => {
    const { status, output } = run(runner, 'contract');
    expect(output).toMatch(kept);
    expect(status).toBe(0);
  }, 60_000);

  describe('fails the tests that do not, and', () => {
    let failing: ReturnType<typeof run> = { status: null, output: '' };

    beforeAll(() => {
      failing = run(runner, 'failing');
    }, 60_000);

    it('fails them all', () => {
      expect(failing.output).toContain(failed);
      expect(failing.status).toBeGreaterThan(0);
    });

    it.each([
      [
        'both diagrams of a marble test',
        `LifecycleError: The lifecycle of "db" differs.
  expected  a-^---!-|
  actual    a-^---!--|  exit complete
                    ^ frame 8
`,
      ],
      [
        'both diagrams of one with promises',
        `LifecycleError: The lifecycle of "lock" differs.
  expected  a^!---|
  actual    a^!-|    exit complete
                ^ frame 4
`,
      ],
      [
        'the leak that a tracker has found',
        `LifecycleError: 1 resource is still open.
  socket (held), open for N ms, opened
`,
      ],
      [
        'the law that a resource breaks',
        `ContractError: Law 3 is broken: completion and errors come after the release has finished.
  expected  everything released once when the consumer is told completion
  actual    acquired once, released 0 times
`,
      ],
      [
        'the leak that hooks have found',
        `LifecycleError: 1 resource is still open.
Leave it before the test ends: hooks that run after this check are too late. A test that has to leave it says allowLeaks('why').
With { stacks: true } the check tells where it was opened.
  forgotten (held), open for N ms
`,
      ],
    ])('shows %s', (_what, message) => {
      expect(failing.output).toContain(message);
    });

    it.each([
      ['the expectation of a marble test', `toBe('a-^---!-|')`],
      ['the expectation of one with promises', `toBe('a^!---|')`],
      ['what opened the leak', 'subscribe(); // the leak'],
    ])('shows the line of %s', (_what, text) => {
      expect(failing.output).toContain(placeOf(text));
    });
  });
});
