/**
 * Scenario 16: the lifespan of an application. Its parts start in order and stop in reverse, also where one of them does not
 * start, and when the process is told to end: first it is not ready any more, then what runs comes to its end, then it closes.
 *
 * Python: FastAPI's `lifespan`: what stands before the `yield` starts, what stands after it stops, in reverse.
 *
 * `npx tsx examples/scenarios/16-lifespan.ts --serve` serves until Ctrl-C.
 */
import { appendFile, readFile } from 'node:fs/promises';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { join } from 'node:path';
import { filter, Subject } from 'rxjs';
import { andThen, consume, firstValue, lastValue, resource, use, using, type Resource } from 'rxscope';
import { formatReport, httpServer, lifespan, runMain, type Lifespan, type LifespanOptions } from 'rxscope/node';
import { runDirectly } from './support/run-directly.js';
import { temporaryDirectory } from './support/temporary-directory.js';

type Log = (line: string) => void;

/** A file that takes a line for each job. */
function journal(log: Log): Resource<string> {
  return temporaryDirectory().pipe(
    andThen((directory) =>
      resource({
        name: 'journal',
        async acquire() {
          const file = join(directory, 'journal.txt');
          await appendFile(file, 'opened');
          log('journal opened');
          return file;
        },
        async release(file) {
          log(`journal closed: ${await readFile(file, 'utf8')}`);
        },
      }),
    ),
  );
}

/** Answers health checks, starts jobs, and stops the application where it is asked to. */
function answers(app: Lifespan, file: string, log: Log) {
  // One that is not through when the stop begins.
  const job = using(app.beacon('job'), async () => {
    await firstValue(app.ready$.pipe(filter((isReady) => !isReady)));
    await appendFile(file, `, job of one that is ${app.state}`);
  });
  return ({ url }: IncomingMessage, response: ServerResponse): void => {
    if (url === '/ready') response.statusCode = app.isReady ? 200 : 503;
    else if (url === '/live') response.statusCode = app.isLive ? 200 : 500;
    else if (url === '/jobs') consume(job);
    else if (url === '/stop') app.stop('asked to');
    else response.statusCode = 404;
    log(`${String(url)}: ${String(response.statusCode)}`);
    response.end();
  };
}

/** The application: what is started last is stopped first. */
function application(log: Log, options: LifespanOptions): Resource<string> {
  return lifespan(
    async (app) => {
      const file = await app.step('journal', journal(log), { startTimeout: 5_000 });
      const server = await app.step('server', httpServer(answers(app, file, log)), { stopTimeout: 5_000 });
      log('server listens');
      return server.url;
    },
    { name: 'application', readyDelay: 100, ...options },
  );
}

/** Without signals, because whoever runs this may have a use for them. */
const unsignalled: LifespanOptions = { signals: [] };

/** A job is under way when it is told to stop. */
async function served(log: Log): Promise<{ ready: number[]; live: number; steps: string[] }> {
  const steps: string[] = [];
  const options: LifespanOptions = {
    ...unsignalled,
    onReport: (report) => {
      steps.push(...report.beacons.map(({ name, end }) => `${name} ${end}`));
      steps.push(...report.steps.map(({ name, stop }) => `${name} ${stop}`));
    },
  };
  const checks = application(log, options).pipe(
    use(async (url) => {
      const status = async (path: string): Promise<number> => (await fetch(`${url}${path}`)).status;
      const before = await status('/ready');
      await status('/jobs');
      await status('/stop');
      return { ready: [before, await status('/ready')], live: await status('/live') };
    }),
  );
  return { ...(await lastValue(checks)), steps };
}

/** One of its parts does not start: what had started is stopped. */
async function failed(log: Log): Promise<string> {
  const broken = lifespan(async (app) => {
    await app.step('journal', journal(log));
    await app.step(
      'server',
      httpServer(() => undefined, { host: '192.0.2.1' }),
    ); // not an address of this machine
    log('never reached');
  }, unsignalled);
  return lastValue(broken).then(String, (error: unknown) => (error as NodeJS.ErrnoException).code ?? String(error));
}

/** It is told to stop while it starts: what is starting is cancelled, and what had started is stopped. */
async function cancelled(log: Log): Promise<string> {
  const stop = new Subject<void>();
  const stuck = resource({
    acquire: ({ signal }) =>
      new Promise<never>((_, reject) => {
        signal.addEventListener('abort', () => {
          log('model gives up loading');
          reject(signal.reason as Error);
        });
        stop.next();
      }),
  });
  const loading = lifespan(
    async (app) => {
      await app.step('journal', journal(log));
      await app.step('model', stuck);
    },
    { ...unsignalled, stopOn: stop },
  );
  return String(await lastValue(loading, { defaultValue: 'no value' }));
}

type Result = Awaited<ReturnType<typeof served>> & { failed: string; cancelled: string };

export async function main(log: Log): Promise<Result> {
  return { ...(await served(log)), failed: await failed(log), cancelled: await cancelled(log) };
}

function serve(log: Log): void {
  const report: LifespanOptions = { onReport: (told) => log(formatReport(told)) };
  void runMain(
    application(log, report).pipe(
      use((url) => {
        log(`serving ${url}; Ctrl-C ends it`);
        return new Subject();
      }),
    ),
  );
}

if (process.argv.includes('--serve')) serve((line) => console.log(line));
else runDirectly('16-lifespan.ts', main);
