/**
 * Scenario 23: a cleanup that hangs, and one that fails. The first is given up after a while and told; neither hides the
 * error of the body, nor stops the other releases.
 *
 * Python: "cleanup should consider timeout and cancellation": `asyncio.timeout` and `try`/`except` inside `__aexit__`.
 */
import { once } from 'node:events';
import { connect, createServer, type AddressInfo, type Server, type Socket } from 'node:net';
import { andThen, lastValue, mapValue, onExit, releaseTimeout, resource, use, type Resource } from 'rxscope';
import { exists } from './support/exists.js';
import { runDirectly } from './support/run-directly.js';
import { temporaryDirectory } from './support/temporary-directory.js';

type Log = (line: string) => void;

/** Closing waits until every client has hung up. One that never does hangs it. */
const server: Resource<Server> = resource({
  name: 'server',
  async acquire() {
    const listening = createServer().listen(0, '127.0.0.1');
    await once(listening, 'listening');
    return listening;
  },
  async release(listening) {
    listening.close();
    await once(listening, 'close');
  },
});

/** All failures of a `SuppressedError`, the latest first. */
function unfold(error: unknown): string[] {
  const { name, suppressed, error: later, message } = error as Error & { suppressed?: unknown; error?: unknown };
  return name === 'SuppressedError' ? [...unfold(later), ...unfold(suppressed)] : [`${name}: ${message}`];
}

export async function main(log: Log): Promise<{ failures: string[]; isDirectoryLeft: boolean }> {
  let path = '';
  const session = temporaryDirectory().pipe(
    mapValue((directory) => (path = directory)),
    onExit(() => log('directory removed all the same')),
    andThen(() => server.pipe(releaseTimeout(50))),
    onExit(() => {
      throw new Error('the notice of closing could not be sent');
    }),
  );

  const clients: Socket[] = [];
  const work = session.pipe(
    use(async (listening) => {
      const client = connect((listening.address() as AddressInfo).port, '127.0.0.1');
      await once(client, 'connect');
      clients.push(client); // and says nothing, and stays
      throw new Error('the actual problem');
    }),
  );
  const failures = await lastValue(work).then(() => [], unfold);
  for (const client of clients) client.destroy(); // now the server can close: too late, and ignored
  return { failures, isDirectoryLeft: await exists(path) };
}

runDirectly('23-best-effort-cleanup.ts', main);
