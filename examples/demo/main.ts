/**
 * The demo: a small service that brings 170,000 places, page by page, from its HTTP API into PostgreSQL, asks itself for the
 * countries with the most of them, and exports what it has. `npm run demo`, and Ctrl-C whenever you like: it is not ready any
 * more, what is open is rolled back and closed in reverse order, and the database never holds anything but whole pages.
 *
 * `npm run demo -- --hold 40` stops in the middle of page 40, with its transaction open, until Ctrl-C.
 * `--postgres URL` and `--redis URL` put it on servers that are there; with `--redis` the lock is one of Redis.
 */
import { concat, defer, ignoreElements, tap } from 'rxjs';
import { use } from 'rxscope';
import { formatReport, lifespan, runMain } from 'rxscope/node';
import type { CountryCount } from './city-table.js';
import { exportPlaces } from './export.js';
import { ingests } from './ingest.js';
import { Ledger } from './ledger.js';
import { readOptions } from './options.js';
import { duration, say } from './output.js';
import { peakMemory, printCountries } from './report.js';
import { service, type Service } from './service.js';

const options = readOptions(process.argv.slice(2));
const ledger = new Ledger();
let isWhole = false;

/** What the service is started for. */
function work(opened: Service) {
  opened.app.signal.addEventListener('abort', () => {
    const { cause } = opened.app;
    if (cause?.kind === 'signal') say(`${cause.signal}: rolling back and closing`);
  });
  return concat(
    ingests(opened, options),
    defer(() => opened.http.json<readonly CountryCount[]>('/countries')).pipe(tap(printCountries), ignoreElements()),
    exportPlaces(opened).pipe(
      tap(({ written, readBack }) => {
        isWhole = written === readBack;
      }),
    ),
  );
}

const demo = lifespan((app) => service(app, options, ledger), {
  name: 'demo',
  onReport: (report) => {
    say(formatReport(report));
  },
});

await runMain(demo.pipe(use(work)), {
  exitCode: ({ kind, signal }) => {
    say(
      `${signal === null ? 'done' : 'stopped'} after ${duration(performance.now())}, at most ${peakMemory()} of memory`,
    );
    if (signal !== null) return signal === 'SIGINT' ? 130 : 143;
    return kind === 'complete' && ledger.balanced === true && isWhole ? 0 : 1;
  },
});
