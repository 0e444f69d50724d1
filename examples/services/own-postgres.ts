import { execFileSync, type ChildProcess, type SpawnOptions } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { chown, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { ClientConfig } from 'pg';
import { fromEvent, merge } from 'rxjs';
import { andThen, mapValue, resource, type Resource } from 'rxscope';
import { atExit } from './at-exit.js';
import { postgresBinaries } from './binaries.js';
import { finished, spawnApart, stopped } from './child.js';
import { waitForLine } from './wait-for-line.js';

/** The account that the server runs under. */
type Account = Pick<SpawnOptions, 'uid' | 'gid'>;

const superuser = 'rxscope';

/** A server that was started here. */
export interface OwnPostgres {
  /** How to connect to it. */
  readonly config: ClientConfig & { readonly host: string };
  /** The socket that it listens on. */
  readonly socket: string;
  /** The process of the server; those of its sessions are children of it. */
  readonly child: ChildProcess;
}

/**
 * A PostgreSQL server with an empty database cluster of its own, both gone afterwards.
 *
 * It listens on a socket in its data directory and nowhere else: no port that somebody else could have taken.
 */
export function ownPostgres(): Resource<OwnPostgres> {
  return dataDirectory().pipe(
    andThen(({ path, account }) =>
      server(path, account).pipe(
        mapValue((child) => ({
          config: { host: path, user: superuser, database: 'postgres' },
          socket: join(path, '.s.PGSQL.5432'),
          child,
        })),
      ),
    ),
  );
}

/** A directory with a fresh cluster. Directly below the temporary one: the server's account must be able to get there. */
function dataDirectory(): Resource<{ path: string; account: Account }> {
  return resource(
    async function* () {
      const account = serverAccount();
      const path = mkdtempSync(join(tmpdir(), 'rxscope-postgres-'));
      const forget = atExit(() => {
        rmSync(path, { recursive: true, force: true, maxRetries: 20 }); // the server is just going down
      });
      try {
        if (account.uid !== undefined && account.gid !== undefined) await chown(path, account.uid, account.gid);
        const flags = ['--auth=trust', `--username=${superuser}`, '--encoding=UTF8', '--locale=C', '--no-sync'];
        const options: SpawnOptions = { ...account, stdio: ['ignore', 'ignore', 'pipe'] };
        const { initdb } = await postgresBinaries();
        await finished(spawnApart(initdb, [`--pgdata=${path}`, ...flags], options));
        yield { path, account };
      } finally {
        await rm(path, { recursive: true, force: true });
        forget();
      }
    },
    { name: 'data directory' },
  );
}

function server(path: string, account: Account): Resource<ChildProcess> {
  // Nobody needs this database after a power cut.
  const settings = ['listen_addresses=', `unix_socket_directories=${path}`, 'fsync=off', 'full_page_writes=off'];
  const args = ['-D', path, ...settings.flatMap((setting) => ['-c', setting])];
  return resource({
    name: 'postgres',
    async acquire() {
      const options: SpawnOptions = { ...account, stdio: ['ignore', 'ignore', 'pipe'] };
      const { postgres } = await postgresBinaries();
      const child = spawnApart(postgres, args, options);
      const forget = atExit(() => child.kill('SIGQUIT'));
      child.once('exit', forget);
      await waitForLine(child, 'ready to accept connections');
      return child;
    },
    // SIGINT is PostgreSQL's "fast" shutdown: what is still connected is disconnected.
    release: (child) => stopped(child, 'SIGINT'),
    lost: (child) => merge(fromEvent(child, 'exit'), fromEvent(child, 'error')),
  });
}

/** PostgreSQL refuses to run as root. Anybody else runs it as themselves. */
function serverAccount(): Account {
  if (process.getuid?.() !== 0) return {};
  const user = ['postgres', 'nobody'].find((name) => idOf('-u', name) !== undefined);
  if (user === undefined) throw new Error('Running as root needs a user "postgres" or "nobody" for PostgreSQL.');
  return { uid: Number(idOf('-u', user)), gid: Number(idOf('-g', user)) };
}

function idOf(kind: '-u' | '-g', user: string): string | undefined {
  try {
    return execFileSync('id', [kind, user], { encoding: 'utf8', stdio: ['ignore', 'pipe', 'ignore'] }).trim();
  } catch {
    return undefined; // no such user
  }
}
