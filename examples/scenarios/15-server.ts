/**
 * Scenario 15: a server as a scope. It listens when it is entered, and on exit finishes what is under way, until a deadline.
 *
 * Python: `async with server: await server.serve_forever()`.
 */
import { once } from 'node:events';
import { Agent, get, type IncomingMessage, type RequestListener } from 'node:http';
import { connect } from 'node:net';
import { finalize, map, Subject } from 'rxjs';
import { firstValue, lastValue, lease, using } from 'rxscope';
import { DrainTimeoutError, fromReadable, httpServer, tcpServer, toWritable } from 'rxscope/node';
import { codeOf } from './support/code-of.js';
import { runDirectly } from './support/run-directly.js';

type Log = (line: string) => void;

/** Asks over a connection that is kept open for the next question, as browsers do. */
async function ask(url: string, agent?: Agent): Promise<IncomingMessage> {
  const [response] = (await once(get(url, { agent }), 'response')) as [IncomingMessage];
  return response.setEncoding('utf8');
}

const textOf = async (response: IncomingMessage): Promise<string> => (await response.toArray()).join('');

/** A report takes its time: it is there when somebody says so. */
function reporting(begun: Subject<void>, finished: Promise<void>): RequestListener {
  return (request, response) => {
    if (request.url === '/hello') response.end('hello');
    else void finished.then(() => response.end('all figures'));
    if (request.url === '/report') begun.next();
  };
}

/** The scope ends while a report is being written: its reader gets all of it, and who comes now is sent away. */
async function finishing(log: Log): Promise<string> {
  const begun = new Subject<void>();
  const finish = new Subject<void>();
  const isFinished = firstValue(finish, { defaultValue: undefined });
  const agent = new Agent({ keepAlive: true });
  const isBegun = firstValue(begun);
  const server = await lease(
    httpServer(reporting(begun, isFinished), {
      onDrain: ({ cut }) => log(`drained, ${cut.length} connections cut`),
    }),
  );
  const { url } = server.value;
  log(await textOf(await ask(`${url}/hello`, agent))); // this connection stays open, idle
  const report = ask(`${url}/report`).then(textOf);
  await isBegun;

  const released = server.release();
  log(await ask(`${url}/hello`).then(textOf, (error: unknown) => codeOf(error)));
  finish.next();
  const text = await report;
  await released;
  agent.destroy();
  return text;
}

/** A report that is never finished is cut at the deadline, and the error says which one. */
async function cutting(): Promise<string[]> {
  const begun = new Subject<void>();
  const server = httpServer(reporting(begun, new Promise(() => undefined)), { name: 'api', deadline: 50 });
  let report: Promise<string> = Promise.resolve('');
  const work = using(server, ({ url }) => {
    const isBegun = firstValue(begun);
    report = ask(`${url}/report`).then(textOf).catch(codeOf);
    return isBegun;
  });
  const error: unknown = await lastValue(work).catch((reason: unknown) => reason);
  const cut = error instanceof DrainTimeoutError ? error.report.cut.flatMap(({ requests }) => requests) : [];
  return [...cut, await report];
}

/** A TCP server whose connections are scopes. Who is connected when it stops hears of it, and hangs up. */
async function shouting(log: Log): Promise<string> {
  const server = tcpServer((socket, { signal }) => {
    signal.addEventListener('abort', () => socket.end('GOODBYE'));
    const lines = fromReadable<Buffer>(socket).pipe(map((line) => line.toString().toUpperCase()));
    return toWritable(lines, socket).pipe(finalize(() => log('connection over')));
  });
  const held = await lease(server);
  const client = connect(held.value.port, '127.0.0.1').setEncoding('utf8');
  client.write('hello');
  const [answer] = (await once(client, 'data')) as [string];
  const heard = once(client, 'data') as Promise<[string]>;
  await held.release();
  log('server closed');
  const [goodbye] = await heard;
  return `${answer}, ${goodbye}`;
}

export async function main(log: Log): Promise<{ finished: string; cut: string[]; shouted: string }> {
  return { finished: await finishing(log), cut: await cutting(), shouted: await shouting(log) };
}

runDirectly('15-server.ts', main);
