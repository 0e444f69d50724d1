/**
 * Scenario 24: a task group. Tasks run side by side in one scope; the first that fails ends the others, all cleanup is
 * awaited, and then there is one error. A task that may fail now and then is tried again by RxJS's `retry`.
 *
 * Python: `async with asyncio.TaskGroup() as group: group.create_task(…)`.
 */
import { once } from 'node:events';
import { open, readFile, rename, type FileHandle } from 'node:fs/promises';
import { connect, createServer, type AddressInfo, type Socket } from 'node:net';
import { join } from 'node:path';
import {
  concatMap,
  fromEvent,
  identity,
  map,
  retry,
  Subject,
  takeUntil,
  tap,
  throwIfEmpty,
  type Observable,
} from 'rxjs';
import { combine, firstValue, lastValue, resource, taskGroup, use, using, type Resource } from 'rxscope';
import { codeOf } from './support/code-of.js';
import { runDirectly } from './support/run-directly.js';
import { temporaryDirectory } from './support/temporary-directory.js';

type Log = (line: string) => void;

/** A tick and then silence for who asks for ticks. Who asks for news hears some the second time; others get nothing. */
const newsroom: Resource<number> = resource(async function* () {
  let asked = 0;
  const answer = (socket: Socket, topic: string): void => {
    if (topic === 'ticks') socket.write('tick');
    else if (topic === 'news' && ++asked > 1) socket.end('rain');
    else socket.end();
  };
  const server = createServer((socket) => {
    socket.setEncoding('utf8').on('data', (topic: string) => {
      answer(socket, topic);
    });
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  yield (server.address() as AddressInfo).port;
  server.close();
  await once(server, 'close');
});

const messageOf = (error: unknown): string => (error as Error).message;

function connection(port: number): Resource<Socket> {
  return resource({
    name: 'connection',
    async acquire() {
      const socket = connect(port, '127.0.0.1').setEncoding('utf8');
      await once(socket, 'connect');
      return socket;
    },
    async release(socket) {
      if (socket.closed) return;
      socket.end();
      await once(socket, 'close');
    },
  });
}

/** What is said about a topic. It fails where that is nothing. */
function listen(port: number, topic: string): Observable<string> {
  return using(connection(port), (socket) => {
    socket.write(topic);
    const heard = fromEvent(socket, 'data').pipe(map(String), takeUntil(fromEvent(socket, 'end')));
    return heard.pipe(throwIfEmpty(() => new Error(`nothing about ${topic}`)));
  });
}

/** A file that is written as a draft, and moved to where it belongs at the end. */
function published(draft: string, path: string, log: Log): Resource<FileHandle> {
  return resource({
    name: 'file',
    acquire: () => open(draft, 'w'),
    async release(file, exit) {
      await file.close();
      await rename(draft, path);
      log(`published: ${exit.kind}`);
    },
  });
}

/** Records ticks; when there is one, hears the news, and then gets into trouble. */
function report(port: number, ticks: Resource<FileHandle>, log: Log): Observable<void> {
  return taskGroup({ name: 'report' }).pipe(
    use(async (group) => {
      const recorded = new Subject<void>();
      const isRecorded = firstValue(recorded);
      const record = (file: FileHandle) =>
        listen(port, 'ticks').pipe(
          concatMap((text) => file.appendFile(text)),
          tap(recorded),
        );
      group.start(using(ticks, record));
      await isRecorded;
      log(await group.start(listen(port, 'news').pipe(retry(1))).result);
      group.start(listen(port, 'trouble'));
    }),
  );
}

export async function main(log: Log): Promise<{ alone: string; both: string[]; ticks: string }> {
  const work = using(combine([newsroom, temporaryDirectory()]), async ([port, directory]) => {
    const draft = join(directory, 'draft');
    const path = join(directory, 'ticks');
    const alone = await lastValue(report(port, published(draft, path, log), log)).then(String, messageOf);
    const ticks = await readFile(path, 'utf8');

    const nowhere = join(directory, 'missing', 'ticks'); // the cleanup of the recording fails as well
    const error: unknown = await lastValue(report(port, published(draft, nowhere, log), log)).catch(identity);
    const both = (error as AggregateError).errors.map((one) => (codeOf(one) === 'none' ? messageOf(one) : codeOf(one)));
    return { alone, both, ticks };
  });
  return lastValue(work);
}

runDirectly('24-task-group.ts', main);
