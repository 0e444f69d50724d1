import { mkdtempSync, rmSync } from 'node:fs';
import { readdir, realpath } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/** A directory for the files of a spec file, removed after its last test. */
export interface Scratch {
  readonly path: string;
  /** A path in it. */
  at(name: string): string;
  /** The names in it, or in a directory in it. */
  names(directory?: string): Promise<string[]>;
}

export function useScratch(): Scratch {
  let path = '';
  beforeAll(async () => {
    path = await realpath(mkdtempSync(join(tmpdir(), 'rxscope-spec-')));
  });
  afterAll(() => {
    rmSync(path, { recursive: true, force: true });
  });
  return {
    get path() {
      return path;
    },
    at: (name) => join(path, name),
    names: async (directory = '.') => (await readdir(join(path, directory))).sort(),
  };
}

/** The `code` of an error of Node. */
export function codeOf(error: unknown): unknown {
  return (error as NodeJS.ErrnoException).code;
}
