/**
 * Scenario 19: several resources at once. Entered in order, released in reverse; where the second fails to enter, the
 * first is released.
 *
 * Python: `async with directory() as d, server(port) as s:`
 */
import { once } from 'node:events';
import { readFile, writeFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { combine, lastValue, mapValue, onExit, resource, use, using, type Resource } from 'rxscope';
import { codeOf } from './support/code-of.js';
import { exists } from './support/exists.js';
import { runDirectly } from './support/run-directly.js';
import { temporaryDirectory } from './support/temporary-directory.js';

type Log = (line: string) => void;

function server(log: Log, port = 0): Resource<string> {
  return resource({
    name: 'server',
    async acquire() {
      const listening = createServer((request, response) => response.end(`you asked for ${String(request.url)}`));
      listening.listen(port, '127.0.0.1');
      await once(listening, 'listening'); // rejects where the port is taken
      log('server listens');
      return listening;
    },
    async release(listening) {
      listening.close();
      listening.closeAllConnections();
      await once(listening, 'close');
      log('server closed');
    },
  }).pipe(mapValue((listening) => urlOf(listening.address() as AddressInfo)));
}

function urlOf({ port }: AddressInfo): string {
  return `http://127.0.0.1:${String(port)}`;
}

export async function main(log: Log): Promise<{ saved: string; error: string; isDirectoryLeft: boolean }> {
  const directory = temporaryDirectory().pipe(onExit(({ kind }) => log(`directory removed: ${kind}`)));

  const saved = await lastValue(
    combine({ url: server(log), directory }).pipe(
      use(async ({ url, directory: path }) => {
        const answer = await fetch(`${url}/cities`);
        await writeFile(join(path, 'answer.txt'), await answer.text());
        return readFile(join(path, 'answer.txt'), 'utf8');
      }),
    ),
  );

  // The second server wants the port of the first: the directory, entered before it, is released.
  let entered = '';
  const seen = directory.pipe(mapValue((path) => (entered = path)));
  const attempt = using(server(log), (url) => {
    const taken = Number(new URL(url).port);
    return combine([seen, server(log, taken)]).pipe(use(() => ['never reached']));
  });
  const error = await lastValue(attempt).catch(codeOf);
  return { saved, error, isDirectoryLeft: await exists(entered) };
}

runDirectly('19-several-at-once.ts', main);
