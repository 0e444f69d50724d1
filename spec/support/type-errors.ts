import { spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { root } from './sources.js';

/**
 * What the compiler says against a project, a line for each error; empty where it says nothing. The compiler runs in a
 * process of its own, which has memory of its own.
 */
export function typeErrors(project: string, ...options: string[]): string[] {
  const compiler = join(root, 'node_modules', 'typescript', 'bin', 'tsc');
  const { status, stdout, stderr, error } = spawnSync(
    process.execPath,
    [compiler, '--project', project, '--pretty', 'false', ...options],
    { cwd: root, encoding: 'utf8' },
  );
  if (error) throw error;
  const errors = stdout.split('\n').filter((line) => line !== '');
  // A compiler that fell over has found nothing either.
  if (status !== 0 && errors.length === 0) throw new Error(stderr);
  return errors;
}
