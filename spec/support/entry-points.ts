import { readFileSync } from 'node:fs';
import { join } from 'node:path';

/** A module that users can import. */
export interface EntryPoint {
  /** What they write, as in `rxscope/node`. */
  readonly specifier: string;
  /** Its source, relative to the repository. */
  readonly source: string;
  /** The committed list of its names, relative to the repository. */
  readonly report: string;
}

interface Manifest {
  readonly sideEffects: readonly string[];
  readonly exports: Readonly<Record<string, string | { readonly import: { readonly types: string } }>>;
}

/** All entry points of package.json, the main one first. Not what is there for its side effects: it has no names. */
export function readEntryPoints(root: string): EntryPoint[] {
  const manifest = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8')) as Manifest;
  return Object.entries(manifest.exports).flatMap(([subpath, target]) => {
    if (typeof target === 'string') return []; // package.json itself
    if (manifest.sideEffects.includes(target.import.types.replace('.d.ts', '.js'))) return [];
    const specifier = subpath.replace('.', 'rxscope');
    const source = target.import.types.replace('./dist/esm/', 'lib/').replace('.d.ts', '.ts');
    return [{ specifier, source, report: `api/${specifier.replaceAll('/', '-')}.txt` }];
  });
}
