import type { AdvisoryLockHolder } from './advisory-lock-holder.js';
import { LockNotAcquiredError } from './errors.js';
import type { QueryPort } from './client-port.js';
import { holdersStatement, type LockRequest } from './advisory-lock-statements.js';
import type { LockKey } from './lock-key.js';

interface Row {
  readonly process: number;
  readonly mode: string;
  readonly granted: boolean;
  readonly application: string | null;
  readonly state: string | null;
}

/**
 * Who holds an advisory lock of this database, and who waits for it: holders first, then those who wait in their order.
 *
 * Use it to look into a lock that is held for too long, also from another program. What it answers is past when it arrives.
 * **Errors.** Those of the query.
 *
 * @example
 * ```ts
 * import pg from 'pg';
 * import { lastValue, resource, using } from 'rxscope';
 * import { advisoryLock, advisoryLockHolders } from 'rxscope/postgres';
 *
 * const session = resource({
 *   acquire: async () => {
 *     const client = new pg.Client(process.env['DATABASE_URL']);
 *     await client.connect();
 *     return client;
 *   },
 *   release: (client) => client.end(),
 * });
 * const holders = using(advisoryLock(session, 'nightly report'), ({ client }) =>
 *   advisoryLockHolders(client, 'nightly report'),
 * );
 * const [holder] = await lastValue(holders);
 * [holder?.holds, holder?.shared]; // => [true, false]
 * ```
 */
export async function advisoryLockHolders(
  client: QueryPort,
  key: LockKey,
  { namespace }: { readonly namespace?: string } = {},
): Promise<readonly AdvisoryLockHolder[]> {
  const { text, values } = holdersStatement({ key, namespace });
  const { rows } = await client.query<Row>(text, values);
  return rows.map(({ process, mode, granted, application, state }) => ({
    processId: process,
    shared: mode === 'ShareLock',
    holds: granted,
    application: application ?? '',
    state: state ?? '',
  }));
}

/** The error of one who has not got a lock. Who holds it is left out where that cannot be found out. */
export async function notAcquired(
  client: QueryPort,
  { key, namespace }: LockRequest,
  what: { readonly name: string; readonly waited: number; readonly cause?: unknown },
): Promise<LockNotAcquiredError> {
  const { name, waited, cause } = what;
  const found = await advisoryLockHolders(client, key, namespace === undefined ? {} : { namespace }).catch(() => []);
  const holders = found.filter(({ holds }) => holds);
  const names = holders.map(({ processId, application, state }) =>
    [`process ${String(processId)}`, application && `"${application}"`, state].filter(Boolean).join(', '),
  );
  const when = waited === 0 ? 'is not free.' : `was not free within ${String(waited)} ms.`;
  return new LockNotAcquiredError(
    `"${name}" ${when}${names.length === 0 ? '' : ` It is held by ${names.join('; ')}.`}`,
    holders,
    { resource: name, ...(cause === undefined ? {} : { cause }) },
  );
}
