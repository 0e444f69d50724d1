/**
 * The demo: 170,000 places go from a web server, page by page, into PostgreSQL; then the database is asked for the
 * countries with the most of them. `npm run demo`, and Ctrl-C whenever you like: what is open is rolled back and closed
 * in reverse order, and the database never holds anything but whole pages.
 *
 * `npm run demo -- --hold 40` stops in the middle of page 40, with its transaction open, until Ctrl-C.
 */
import { concat, config, defer, ignoreElements } from 'rxjs';
import { consume, use } from 'rxscope';
import { topCountries } from './city-table.js';
import { onInterrupt } from './interrupts.js';
import { Ledger } from './ledger.js';
import { load } from './load.js';
import { readOptions } from './options.js';
import { duration, say } from './output.js';
import { peakMemory, printCountries } from './report.js';
import { session } from './session.js';

const options = readOptions(process.argv.slice(2));
const ledger = new Ledger();

const demo = session(ledger).pipe(
  use((opened) =>
    concat(
      load(opened, options).pipe(ignoreElements()),
      defer(() => topCountries(opened.client, opened.table)),
    ),
  ),
);

process.exitCode = 1; // until it has gone well

// What fails where nobody waits for it any more, such as a BEGIN whose page was left, ends up here.
const besides: unknown[] = [];
config.onUnhandledError = (error) => {
  besides.push(error);
  process.exitCode ||= 1;
  console.error('besides:', error);
};

const consumption = consume(demo, printCountries);
const forget = onInterrupt((signal) => {
  say(`${signal}: rolling back and closing`);
  consumption.close().catch(() => undefined); // `done` tells
});

try {
  await consumption.done;
  const wasInterrupted = process.exitCode !== 1;
  if (ledger.balanced === true && besides.length === 0 && !wasInterrupted) process.exitCode = 0;
  say(`${wasInterrupted ? 'stopped' : 'done'} after ${duration(performance.now())}, at most ${peakMemory()} of memory`);
} catch (error) {
  console.error(error);
} finally {
  forget();
}
