/**
 * Scenario 22: a timeout around a scope. What is not over in time is ended, its cleanup is awaited, then comes the error.
 *
 * Python: `async with asyncio.timeout(s):`.
 */
import { once } from 'node:events';
import { connect, createServer, type AddressInfo, type Socket } from 'node:net';
import { fromEvent, map, take, type Observable } from 'rxjs';
import { deadline, lastValue, resource, using, type Resource } from 'rxscope';
import { runDirectly } from './support/run-directly.js';

type Log = (line: string) => void;

/** Answers `hello` at once, and never anything else. Says what it hears. */
function stallingServer(log: Log): Resource<number> {
  return resource(async function* () {
    const server = createServer((socket) => {
      socket.setEncoding('utf8').on('data', (line: string) => {
        log(`server hears ${line}`);
        if (line === 'hello') socket.write('hello');
      });
      socket.on('end', () => socket.end());
    });
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    try {
      yield (server.address() as AddressInfo).port;
    } finally {
      server.close();
      await once(server, 'close');
      log('server closed');
    }
  });
}

/** A connection that says goodbye before it hangs up, and waits until the other side has hung up too. */
function connection(port: number, log: Log): Resource<Socket> {
  return resource({
    name: 'connection',
    async acquire() {
      const socket = connect(port, '127.0.0.1').setEncoding('utf8');
      await once(socket, 'connect');
      return socket;
    },
    async release(socket, exit) {
      socket.end('goodbye');
      await once(socket, 'close');
      log(`connection closed: ${exit.kind}`);
    },
  });
}

function ask(port: number, question: string, log: Log): Observable<string> {
  return using(connection(port, log), (socket) => {
    socket.write(question);
    return fromEvent(socket, 'data').pipe(map(String), take(1));
  });
}

export async function main(log: Log): Promise<{ inTime: string; late: string }> {
  const work = using(stallingServer(log), async (port) => {
    const inTime = await lastValue(ask(port, 'hello', log).pipe(deadline(10_000)));
    const late = await lastValue(ask(port, 'how are you?', log).pipe(deadline(50))).catch(
      (error: unknown) => (error as Error).name,
    );
    log('told');
    return { inTime, late };
  });
  return lastValue(work);
}

runDirectly('22-timeout.ts', main);
