import type { Client } from 'pg';
import { lastValue, resource, using, type Exit, type Pool, type Resource } from 'rxscope';
import { storedRows } from './city-table.js';
import { count, say } from './output.js';
import type { CityPage } from './pages.js';

/** What became of the pages, kept beside the database and compared with it at the end. */
export class Ledger {
  /** Whether the database held what was committed when it was last seen; undefined where there never was one. */
  balanced: boolean | undefined;
  private pages = 0;
  private rows = 0;
  private readonly rollbacks = { 'it failed': 0, 'it was left': 0 };

  /** A transaction is over. */
  book(page: CityPage, { kind }: Exit): void {
    if (kind === 'complete') {
      this.pages += 1;
      this.rows += page.cities.length;
      return;
    }
    const because = kind === 'error' ? 'it failed' : 'it was left';
    this.rollbacks[because] += 1;
    say(`page ${String(page.number)}: rolled back, because ${because}`);
  }

  balance(stored: number): void {
    const { pages, rows, rollbacks } = this;
    this.balanced = stored === rows;
    say(
      `pages: ${count(pages)} committed, ${count(rollbacks['it failed'])} rolled back after an error, ` +
        `${count(rollbacks['it was left'])} rolled back when left`,
    );
    say(
      `rows in the database: ${count(stored)}, rows of the committed pages: ${count(rows)}: ` +
        (this.balanced ? 'equal' : 'NOT EQUAL'),
    );
  }
}

/**
 * A ledger that is balanced on every path: when everything inside has ended, with its transactions, and the database
 * outside is still up.
 */
export function balanced(ledger: Ledger, pool: Pool<Client>, table: string): Resource<Ledger> {
  return resource({
    name: 'ledger',
    acquire: () => ledger,
    async release() {
      ledger.balance(await lastValue(using(pool.lease, (client) => storedRows(client, table))));
    },
  });
}
