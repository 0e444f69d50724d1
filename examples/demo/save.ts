import type { Client } from 'pg';
import { concat, defer, endWith, ignoreElements, NEVER, retry, type Observable } from 'rxjs';
import { onExit, using } from 'rxscope';
import { transaction } from 'rxscope/postgres';
import { announced } from './announced.js';
import { insert, storedRows } from './city-table.js';
import { say } from './output.js';
import type { CityPage } from './pages.js';
import type { Service } from './service.js';

/** This page fails on its first try, on purpose: its rows are inserted twice, which PostgreSQL refuses. */
const failingPage = 5;

/**
 * Saves a page in one transaction, and tries once more where that fails.
 *
 * A scope holds back its error until it is released. So `retry` hears of it after the transaction has been rolled back,
 * and the second `BEGIN` on the same connection cannot come before the `ROLLBACK`.
 */
export function save(page: CityPage, client: Client, service: Service, hold?: number): Observable<CityPage> {
  let tries = 0;
  return defer(() => attempt(page, client, service, (tries += 1), hold)).pipe(
    retry({ count: 1, delay: (error) => tellFailure(page, error as Error, client, service) }),
    ignoreElements(),
    endWith(page),
  );
}

function attempt(page: CityPage, client: Client, { table, ledger }: Service, number: number, hold?: number) {
  const isShown = page.number === 1 || page.number === failingPage;
  const name = `transaction of page ${String(page.number)}`;
  const booked = transaction(client, { name }).pipe(
    onExit((exit) => {
      ledger.book(page, exit);
    }),
  );
  const scope = isShown ? booked.pipe(announced(`${name}, try ${String(number)}`)) : booked;
  return using(scope, (tx) => {
    const rows = defer(() => insert(tx, table, page));
    if (page.number === failingPage && number === 1) return concat(rows, rows);
    return page.number === hold ? concat(rows, keptOpen(page)) : rows;
  });
}

async function tellFailure(page: CityPage, { message }: Error, client: Client, { table }: Service): Promise<void> {
  const stored = await storedRows(client, table, page);
  say(`page ${String(page.number)} failed, as it was made to: ${message}`);
  say(`page ${String(page.number)}: ${String(stored)} of its rows are in the database; trying again`);
}

function keptOpen(page: CityPage): Observable<never> {
  return defer(() => {
    say(`page ${String(page.number)}: its rows are in, its transaction stays open; press Ctrl-C`);
    return NEVER;
  });
}
