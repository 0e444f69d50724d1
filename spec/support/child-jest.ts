import { spawnSync } from 'node:child_process';
import { basename, join } from 'node:path';
import type { Config } from 'jest';
import { root } from './sources.js';

interface Report {
  readonly testResults: readonly {
    readonly name: string;
    readonly message: string;
    readonly assertionResults: readonly { readonly title: string; readonly failureMessages: readonly string[] }[];
  }[];
}

/**
 * Runs a Jest project in a process of its own. Answers what each test failed with by its title, empty where it passed,
 * and by the name of a file all that failed in it.
 * A file that could not even be loaded is an error.
 */
export function runChildJest(config: Config): ReadonlyMap<string, string> {
  const jest = join(root, 'node_modules', 'jest', 'bin', 'jest.js');
  const args = [jest, '--json', '--runInBand', '--config', JSON.stringify({ ...config, rootDir: root })];
  const env = { ...process.env, FORCE_COLOR: '0' };
  const { stdout, stderr } = spawnSync(process.execPath, args, { cwd: root, encoding: 'utf8', env });
  if (stdout === '') throw new Error(stderr);
  const { testResults } = JSON.parse(stdout) as Report;
  const failures = new Map<string, string>();
  for (const { name, message, assertionResults } of testResults) {
    if (assertionResults.length === 0) throw new Error(message);
    failures.set(basename(name), message);
    for (const { title, failureMessages } of assertionResults) failures.set(title, failureMessages.join('\n'));
  }
  return failures;
}
