/**
 * Scenario 2: a manager as a generator. Code before the `yield` enters, code after it exits.
 *
 * Python: `@asynccontextmanager` for the server, `@contextmanager` for the file descriptor.
 */
import { once } from 'node:events';
import { closeSync, openSync, readFileSync, writeSync } from 'node:fs';
import { connect, createServer, type AddressInfo } from 'node:net';
import { join } from 'node:path';
import { lastValue, named, resource, using, type Resource } from 'rxscope';
import { runDirectly } from './support/run-directly.js';
import { temporaryDirectory } from './support/temporary-directory.js';

type Log = (line: string) => void;

/** Listens while the scope is open; answers every line in capitals. */
function shoutingServer(log: Log): Resource<number> {
  return resource(async function* () {
    const server = createServer((socket) => {
      socket.on('data', (data) => socket.end(data.toString().toUpperCase()));
    });
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    log('server listens');
    try {
      yield (server.address() as AddressInfo).port;
    } finally {
      server.close();
      await once(server, 'close');
      log('server closed');
    }
  }).pipe(named('server'));
}

/** The same with a plain generator: nothing here waits. */
function journal(path: string, log: Log): Resource<(entry: string) => void> {
  return resource(function* () {
    const descriptor = openSync(path, 'a');
    try {
      yield (entry: string) => writeSync(descriptor, `${entry}\n`);
    } catch (error) {
      writeSync(descriptor, `failed: ${(error as Error).message}\n`);
      throw error;
    } finally {
      closeSync(descriptor);
      log('journal closed');
    }
  }).pipe(named('journal'));
}

async function ask(port: number, text: string): Promise<string> {
  const socket = connect(port, '127.0.0.1').setEncoding('utf8');
  socket.write(text);
  const [answer] = (await once(socket, 'data')) as [string];
  await once(socket, 'close');
  return answer;
}

export async function main(log: Log): Promise<{ answer: string; journal: string }> {
  const answer = await lastValue(using(shoutingServer(log), (port) => ask(port, 'hello')));
  const work = using(temporaryDirectory(), async (directory) => {
    const path = join(directory, 'journal');
    const failing = using(journal(path, log), (write) => {
      write('began');
      throw new Error('no more paper');
    });
    await lastValue(failing).catch(() => undefined);
    return readFileSync(path, 'utf8');
  });
  return { answer, journal: await lastValue(work) };
}

runDirectly('02-manager-generator.ts', main);
