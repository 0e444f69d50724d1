/**
 * Scenario 9: lock, semaphore and condition. Each is held by a scope; one who leaves the line takes nothing.
 *
 * Python: `async with lock:`, `async with semaphore:`, `async with condition: await condition.wait_for(has_room)`
 */
import { once } from 'node:events';
import { appendFile, readFile, writeFile } from 'node:fs/promises';
import { connect, createServer, type AddressInfo, type Socket } from 'node:net';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { concatMap, map, merge, repeat, type Observable } from 'rxjs';
import {
  condition, fromAsyncIterable, lastValue, mutex, resource, semaphore, settled, use, using, type Resource,
} from 'rxscope'; // prettier-ignore
import { runDirectly } from './support/run-directly.js';
import { temporaryDirectory } from './support/temporary-directory.js';

type Log = (line: string) => void;

/** Ten who count up a number in a file: read, add, write, and none in between. */
async function countTogether(path: string): Promise<number> {
  const file = mutex({ name: path });
  const countUp = using(file.lock, async () => {
    const count = Number(await readFile(path, 'utf8'));
    await writeFile(path, String(count + 1));
  });
  await writeFile(path, '0');
  await lastValue(merge(...Array.from({ length: 10 }, () => countUp)));
  return Number(await readFile(path, 'utf8'));
}

/** Four want to read, two may; the third one leaves the line. */
async function readTwoAtATime(path: string, log: Log): Promise<number> {
  const two = semaphore(2);
  const reader = (name: string): Observable<string> =>
    using(two.permit, () => {
      log(`${name} reads`);
      return readFile(path, 'utf8');
    });
  const [a, b] = [lastValue(reader('a')), lastValue(reader('b'))];
  const c = reader('c').subscribe();
  const d = lastValue(reader('d'));
  c.unsubscribe();
  await Promise.all([a, b, d]);
  return two.available;
}

/** What a socket sends goes through a buffer that has room for two lines, into a file. */
async function copyThroughBuffer(lines: readonly string[], path: string): Promise<number> {
  const buffer: string[] = [];
  let most = 0;
  const guard = mutex();
  const [hasRoom, hasLines] = [condition(guard), condition(guard)];

  const put = (line: string): Observable<void> =>
    using(guard.lock, () =>
      hasRoom
        .waitFor(() => buffer.length < 2)
        .pipe(
          map(() => {
            most = Math.max(most, buffer.push(line));
            hasLines.notify();
          }),
        ),
    );
  const take = using(guard.lock, () =>
    hasLines
      .waitFor(() => buffer.length > 0)
      .pipe(
        map(() => {
          hasRoom.notify();
          return String(buffer.shift());
        }),
      ),
  );

  const writing = take.pipe(
    concatMap((line) => appendFile(path, `${line}\n`)),
    repeat(lines.length),
  );
  const reading = sender(lines).pipe(
    use((socket) => fromAsyncIterable(() => createInterface({ input: socket })).pipe(concatMap(put))),
  );
  await lastValue(merge(reading, writing));
  return most;
}

/** A connection to somebody who sends these lines, all at once. */
function sender(lines: readonly string[]): Resource<Socket> {
  return resource(async function* () {
    const server = createServer((socket) => socket.end(lines.join('\n'))).listen(0, '127.0.0.1');
    try {
      await once(server, 'listening');
      const socket = connect((server.address() as AddressInfo).port, '127.0.0.1');
      await once(socket, 'connect');
      try {
        yield socket;
      } finally {
        socket.destroy();
      }
    } finally {
      server.close();
      await once(server, 'close');
    }
  });
}

export async function main(log: Log): Promise<{ count: number; available: number; most: number; copied: string }> {
  const work = using(temporaryDirectory(), async (directory) => {
    const count = await countTogether(join(directory, 'count'));
    const available = await readTwoAtATime(join(directory, 'count'), log);
    const lines = ['one', 'two', 'three', 'four', 'five', 'six'];
    const most = await copyThroughBuffer(lines, join(directory, 'copy'));
    return { count, available, most, copied: await readFile(join(directory, 'copy'), 'utf8') };
  });
  const answer = await lastValue(work);
  await settled();
  return answer;
}

runDirectly('09-locks.ts', main);
