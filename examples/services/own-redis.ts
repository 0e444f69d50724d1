import type { ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { createServer, type AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fromEvent, merge } from 'rxjs';
import { andThen, mapValue, resource, type Resource } from 'rxscope';
import { atExit } from './at-exit.js';
import { installed } from './binaries.js';
import { spawnApart, stopped } from './child.js';
import { waitForLine } from './wait-for-line.js';

/** A server that was started here. */
export interface OwnRedis {
  readonly url: string;
  readonly host: string;
  readonly port: number;
  readonly child: ChildProcess;
}

/** The program of a Redis that is installed here: Redis itself, or Valkey, which speaks the same. */
export function redisBinary(): string | undefined {
  return installed('redis-server') ?? installed('valkey-server');
}

/** A Redis server that keeps nothing on disk, with a port of its own on this machine. */
export function ownRedis(): Resource<OwnRedis> {
  return directory().pipe(andThen((path) => server(path)));
}

function directory(): Resource<string> {
  return resource({
    name: 'directory of Redis',
    acquire: () => mkdtemp(join(tmpdir(), 'rxscope-redis-')),
    release: (path) => rm(path, { recursive: true, force: true }),
  });
}

function server(path: string): Resource<OwnRedis> {
  const host = '127.0.0.1';
  return resource({
    name: 'redis-server',
    async acquire() {
      const binary = redisBinary();
      if (binary === undefined) throw new Error('No redis-server is installed. Install one, or set REDIS_URL.');
      const port = await freePort(host);
      const args = ['--port', String(port), '--bind', host, '--save', '', '--appendonly', 'no', '--dir', path];
      const child = spawnApart(binary, args, { stdio: ['ignore', 'pipe', 'pipe'] });
      child.once(
        'exit',
        atExit(() => child.kill('SIGKILL')),
      );
      await waitForLine(child, 'Ready to accept connections');
      return { child, port };
    },
    async release({ child }) {
      child.kill('SIGCONT'); // one that was stopped would not hear the next one
      await stopped(child, 'SIGTERM');
    },
    lost: ({ child }) => merge(fromEvent(child, 'exit'), fromEvent(child, 'error')),
  }).pipe(mapValue(({ child, port }) => ({ child, host, port, url: `redis://${host}:${String(port)}` })));
}

/** A port that nobody listens on. Somebody may take it before it is used; the server then says so and ends. */
async function freePort(host: string): Promise<number> {
  const probe = createServer().listen(0, host);
  await once(probe, 'listening');
  const { port } = probe.address() as AddressInfo;
  const closed = once(probe, 'close');
  probe.close();
  await closed;
  return port;
}
