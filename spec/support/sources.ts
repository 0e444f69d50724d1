import { readdirSync, readFileSync } from 'node:fs';
import { join, sep } from 'node:path';

/** The folder of the repository. */
export const root = join(__dirname, '..', '..');

/** Paths of all TypeScript files below a folder of the repository, relative to it, with forward slashes, sorted. */
export function listSources(folder: string): string[] {
  return readdirSync(join(root, folder), { recursive: true, encoding: 'utf8' })
    .map((path) => path.split(sep).join('/'))
    .filter((path) => path.endsWith('.ts'))
    .sort();
}

/** The same files with their text. */
export function readSources(folder: string): Map<string, string> {
  return new Map(listSources(folder).map((path) => [path, readFileSync(join(root, folder, path), 'utf8')]));
}
