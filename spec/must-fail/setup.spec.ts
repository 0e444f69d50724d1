import { spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { unit } from '../../jest.config.js';
import { root } from '../support/sources.js';

interface Report {
  readonly testResults: readonly [
    { readonly assertionResults: readonly { readonly title: string; readonly failureMessages: readonly string[] }[] },
  ];
}

describe('the setup file', () => {
  const failures = new Map<string, string>();

  beforeAll(() => {
    const config = { ...unit, rootDir: root, testMatch: [join(__dirname, '*.fixture.ts')] };
    const jest = join(root, 'node_modules', 'jest', 'bin', 'jest.js');
    const { stdout } = spawnSync(process.execPath, [jest, '--json', '--config', JSON.stringify(config)], {
      cwd: root,
      encoding: 'utf8',
    });
    const [{ assertionResults }] = (JSON.parse(stdout) as Report).testResults;
    for (const { title, failureMessages } of assertionResults) failures.set(title, failureMessages.join('\n'));
  }, 60_000);

  it.each([
    ['leaves a resource open', 'forgotten (held)'],
    ['leaves an error that nobody handles', 'nobody listens'],
    ['leaves a promise rejected', 'nobody awaits'],
    ['leaves a release running', 'slow (exiting)'],
  ])('fails a test that %s', (title, message) => {
    expect(failures.get(title)).toContain(message);
  });

  it('charges a leak to the test that made it only', () => {
    expect(failures.get('leaves nothing itself')).toBe('');
  });

  it('lets a test take the errors it expects', () => {
    expect(failures.get('takes such an error')).toBe('');
  });
});
