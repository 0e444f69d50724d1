import type { Client } from 'pg';
import { resource, UnsubscribedError, type Resource } from 'rxscope';
import type { Ledger } from './ledger.js';
import type { CityPage } from './pages.js';

/** One page's transaction: committed where its work completes, rolled back where it fails and where it is left. */
export function pageTransaction(client: Client, page: CityPage, ledger: Ledger): Resource<Client> {
  return resource(
    async function* () {
      await client.query('BEGIN');
      try {
        yield client;
        await client.query('COMMIT');
      } catch (error) {
        await client.query('ROLLBACK');
        ledger.rolledBack(page, error instanceof UnsubscribedError ? 'it was left' : 'it failed');
        throw error;
      }
      ledger.committed(page);
    },
    { name: `transaction of page ${String(page.number)}` },
  );
}
