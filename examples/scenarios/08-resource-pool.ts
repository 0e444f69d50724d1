/**
 * Scenario 8: a pool of anything. At most so many are made, those who find none wait in order of arrival, and the pool, a
 * scope itself, closes whatever it has made.
 *
 * Python: `AsyncResourcePool(max_size)` with `acquire`, `release` and `close_all`, on a semaphore and a deque.
 */
import { once } from 'node:events';
import { connect, createServer, type AddressInfo, type Server, type Socket } from 'node:net';
import { fromEvent, mergeMap, range, toArray } from 'rxjs';
import { lastValue, pool, resource, use, using, type Pool, type Resource } from 'rxscope';
import { runDirectly } from './support/run-directly.js';

/** Answers each line in capitals, and knows how many have called. */
function shouter(log: (line: string) => void): Resource<{ port: number; server: Server }> {
  return resource({
    name: 'shouter',
    acquire: async () => {
      const server = createServer((socket) => {
        log('somebody has called');
        socket.on('data', (line) => socket.write(line.toString().toUpperCase()));
      }).listen(0, '127.0.0.1');
      await once(server, 'listening');
      return { port: (server.address() as AddressInfo).port, server };
    },
    // Closes only when nobody is connected any more.
    release: ({ server }) => new Promise((resolve) => server.close(resolve)),
  });
}

/** A line to it. Whoever holds it fails where the other side hangs up. */
function line(port: number): Resource<Socket> {
  return resource({
    name: 'line',
    acquire: async () => {
      const socket = connect(port, '127.0.0.1');
      await once(socket, 'connect');
      return socket;
    },
    release: async (socket) => {
      socket.end();
      await once(socket, 'close');
    },
    lost: (socket) => fromEvent(socket, 'end'),
  });
}

interface Result {
  readonly answers: readonly string[];
  readonly made: number;
  readonly waited: number;
  readonly left: number;
}

export async function main(log: (line: string) => void): Promise<Result> {
  const lent: Pool<Socket>[] = [];
  const answers = shouter(log).pipe(
    use(({ port }) =>
      using(pool(line(port), { max: 2 }), (lines) => {
        lent.push(lines);
        return range(1, 6).pipe(
          mergeMap((n) => using(lines.lease, (socket) => shout(socket, `hello ${String(n)}`))),
          toArray(),
        );
      }),
    ),
  );
  const all = await lastValue(answers);
  const stats = lent[0]?.stats;
  return { answers: all, made: stats?.created ?? 0, waited: stats?.served ?? 0, left: stats?.total ?? -1 };
}

async function shout(socket: Socket, text: string): Promise<string> {
  socket.write(text);
  const [answer] = (await once(socket, 'data')) as [Buffer];
  return answer.toString();
}

runDirectly('08-resource-pool.ts', main);
