import { andThen, named, type Resource } from '../../core/index.js';
import type { AdvisoryLock } from './advisory-lock-held.js';
import { checkChoice, checkKeys } from '../../internal/check.js';
import { heldBySession, heldByTransaction } from './advisory-lock-levels.js';
import { lockSettings, type AdvisoryLockOptions } from './advisory-lock-options.js';
import type { LockRequest } from './advisory-lock-statements.js';
import type { ClientPort, QueryPort } from './client-port.js';
import { clientsOf, type ClientSource } from './clients-of.js';
import { keyArguments, type LockKey } from './lock-key.js';

const KEYS = [
  ...['name', 'namespace', 'shared', 'acquireTimeout', 'unlockTimeout', 'keepAlive', 'fencing', 'proxy'],
  ...['scheduler', 'level'],
];

/** Options of {@link advisoryLock} where a transaction holds it. */
export type TransactionLockOptions = Pick<
  AdvisoryLockOptions,
  'name' | 'namespace' | 'shared' | 'acquireTimeout' | 'scheduler'
> & {
  /** Who holds it: the transaction that is open on the client, until it ends. */
  readonly level: 'transaction';
};

/**
 * A lock that PostgreSQL keeps: one holder at a time among all who are connected to the same database.
 *
 * Use it where the programs that must not overlap share a database anyway. `source` is where the session comes from that holds the
 * lock: a resource of clients such as `connection`, or a pool, of which each scope enters one for itself; or a client
 * that is held already and that nobody else uses meanwhile. Write through `lock.client`: what is
 * written on the session that holds the lock cannot be committed once the lock is lost.
 *
 * **Guarantees.** Held from when the body begins until it has ended and is torn down (law 2). Those who wait are served in order of
 * arrival, by the server, without polling. Every scope has a session of its own, so that two scopes of one program
 * keep each other out too; the same client twice is let in twice, as PostgreSQL counts.
 *
 * **Loss.** When the session ends, the lock is free at once: the body is left, and the consumer gets a `ResourceLostError` (law 29).
 * `lock.state` says so before that. With `keepAlive` also when the network falls silent.
 *
 * **Not guaranteed.** Where the network fails, the server may end the session before this side notices, and somebody else begins: what
 * is written elsewhere then needs `fencing`, see {@link fenced}. Locks are not replicated: after a failover to another server, all of
 * them are free. Another program that uses the same key takes part, see {@link lockKey}.
 *
 * **Proxies.** Behind a pooler that lends sessions for one transaction at a time, a lock stays behind in a session that somebody else
 * gets. A client that is connected to a proxy is refused with a {@link ProxiedSessionError} before it takes anything.
 * `level: 'transaction'` works there: the lock is held by the transaction that is open on `source`, from here to its
 * end; leaving its scope does not let go of it. A wait that is cancelled leaves such a transaction usable; what was sent in it after the
 * wait had begun fails with 25P02.
 *
 * **Cancellation.** Leaving while it waits has the server cancel the wait; where that cannot be done within a second the session is
 * broken off. A transaction whose client is out of reach waits on instead.
 *
 * **Release.** Never fails, and never changes what the body came to. Where the server does not confirm it within `unlockTimeout`, the
 * session is broken off, so that no pool lends it again, and the process is warned: `RXSCOPE_UNLOCK_FAILED`.
 *
 * **Errors.** {@link LockNotAcquiredError} after `acquireTimeout`; it says who holds it.
 * The server's, as they are: 40P01 where waiting would never end, 55P03 and 57014 for its own timeouts. `TransactionStateError` for a
 * transaction that is missing. `TypeError` and `RangeError`, at the call. Follows DistributedLock's PostgreSQL locks.
 *
 * @example
 * ```ts
 * import pg from 'pg';
 * import { lastValue, settled, using } from 'rxscope';
 * import { advisoryLock, connection } from 'rxscope/postgres';
 *
 * const log: string[] = [];
 * const session = connection(() => new pg.Client(process.env['DATABASE_URL']));
 * const ingest = using(advisoryLock(session, 'ingest', { namespace: 'shop', fencing: true }), async (lock) => {
 *   await lock.client.query('SELECT 1');
 *   log.push(`held: ${lock.fencing !== null}`);
 *   const second = using(advisoryLock(session, 'ingest', { namespace: 'shop', acquireTimeout: 0 }), async () => 'overlapped');
 *   log.push(await lastValue(second).catch((error: Error) => error.name));
 * });
 * await lastValue(ingest);
 * log; // => ['held: true', 'LockNotAcquiredError']
 * ```
 */
export function advisoryLock<C extends ClientPort>(
  source: ClientSource<C>,
  key: LockKey,
  options?: AdvisoryLockOptions & { readonly level?: 'session' },
): Resource<AdvisoryLock<C>>;
export function advisoryLock<Q extends QueryPort>(
  source: ClientSource<Q>,
  key: LockKey,
  options: TransactionLockOptions,
): Resource<AdvisoryLock<Q>>;
export function advisoryLock(
  source: ClientSource<QueryPort>,
  key: LockKey,
  options: AdvisoryLockOptions & { readonly level?: 'session' | 'transaction' } = {},
): Resource<AdvisoryLock> {
  checkKeys(options, 'advisoryLock()', KEYS);
  const { level = 'session', namespace, shared } = options;
  checkChoice(level, 'level', ['session', 'transaction']);
  const settings = lockSettings(options);
  const { label } = keyArguments(key, namespace);
  const name = options.name ?? `advisory lock ${label}`;
  const request: LockRequest = { key, namespace, shared, waits: settings.acquireTimeout > 0 };
  const take = (client: QueryPort): Resource<AdvisoryLock> => {
    if (level === 'transaction') return heldByTransaction(client, name, request, settings);
    checkClient(client);
    return heldBySession(client, name, request, settings);
  };
  return clientsOf(source, 'advisoryLock()').pipe(andThen(take), named(name));
}

function checkClient(client: QueryPort): asserts client is ClientPort {
  if (typeof (client as Partial<ClientPort>).on === 'function') return;
  throw new TypeError(
    "advisoryLock() expects a client like pg.Client, received what sends queries alone: say level: 'transaction'.",
  );
}
