/** A PostgreSQL server for the workloads that need one. */
import { execFileSync, spawn, type SpawnOptions } from 'node:child_process';
import { chownSync, existsSync, mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { ClientConfig } from 'pg';

let config: Promise<ClientConfig> | undefined;

/** The server of `DATABASE_URL`, or one that is started, on a socket of its own, and ends with this process. */
export function server(): Promise<ClientConfig> {
  return (config ??= start());
}

async function start(): Promise<ClientConfig> {
  const { DATABASE_URL: given } = process.env;
  if (given !== undefined) return { connectionString: given };
  const folder = binaries();
  const account = serverAccount();
  const path = mkdtempSync(join(tmpdir(), 'rxscope-bench-'));
  const remove = (): void => {
    rmSync(path, { recursive: true, force: true, maxRetries: 20 });
  };
  process.once('exit', remove);
  if (account.uid !== undefined && account.gid !== undefined) chownSync(path, account.uid, account.gid);
  const cluster = [`--pgdata=${path}`, '--auth=trust', '--username=rxscope', '--locale=C', '--no-sync'];
  execFileSync(join(folder, 'initdb'), cluster, { ...account, stdio: 'ignore' });
  const settings = ['listen_addresses=', `unix_socket_directories=${path}`, 'fsync=off'].flatMap((one) => ['-c', one]);
  const options: SpawnOptions = { ...account, stdio: ['ignore', 'ignore', 'pipe'] };
  const child = spawn(join(folder, 'postgres'), ['-D', path, ...settings], options);
  process.prependOnceListener('exit', () => child.kill('SIGQUIT'));
  for await (const text of child.stderr?.setEncoding('utf8') ?? []) {
    if (String(text).includes('ready to accept connections')) break;
  }
  return { host: path, user: 'rxscope', database: 'postgres' };
}

/** Debian keeps the programs of each version off the search path; an empty folder leaves it to the search path. */
function binaries(): string {
  const debian = '/usr/lib/postgresql';
  const versions = existsSync(debian) ? readdirSync(debian).sort((a, b) => Number(b) - Number(a)) : [];
  const folders = versions.map((version) => join(debian, version, 'bin'));
  return folders.find((folder) => existsSync(join(folder, 'postgres'))) ?? '';
}

/** PostgreSQL refuses to run as root. Anybody else runs it as themselves. */
function serverAccount(): Pick<SpawnOptions, 'uid' | 'gid'> {
  if (process.getuid?.() !== 0) return {};
  const id = (kind: string): number => Number(execFileSync('id', [kind, 'postgres'], { encoding: 'utf8' }));
  return { uid: id('-u'), gid: id('-g') };
}
