import { AsyncLocalStorage } from 'node:async_hooks';

import { concat, defer, EMPTY, type Observable } from 'rxjs';

import type { Pool } from '../../concurrency/index.js';
import { fromValue, lastValue, resource, using, type Resource } from '../../core/index.js';
import { checkChoice, checkFunction } from '../../internal/check.js';
import { between } from './ambient-context.js';
import type { ClientPort, QueryAnswer, QueryPort } from './client-port.js';
import { clientsOf } from './clients-of.js';
import { TransactionAbortedError, TransactionStateError } from './errors.js';
import { inTransaction, type InTransactionOptions, type TransactionBody } from './retry-transaction.js';
import type { Transaction } from './transaction-class.js';

/**
 * What becomes of a body that is run where a transaction is current already.
 *
 * - `required`: it joins that one.
 * - `requires-new`: it gets a transaction of its own, on another connection, which knows nothing of the one around it.
 * - `nested`: it gets one inside of it, by a savepoint, which is undone alone where it fails.
 */
export type Propagation = 'required' | 'requires-new' | 'nested';

/** Options of {@link AmbientTransactions.run}. */
export interface AmbientOptions extends InTransactionOptions {
  /** What becomes of it where a transaction is current. Default `'required'`. */
  readonly propagation?: Propagation;
}

/** What is stored while a body runs. */
interface Surroundings<C extends ClientPort> {
  readonly tx: Transaction<C>;
  readonly options: InTransactionOptions;
  /** How many of those that have joined it are not over. */
  joined: number;
  /** Why it cannot be committed: what the first of them has failed with, or that it was left. */
  failure: { readonly error: unknown } | null;
}

/** What one who joins can ask for only where the transaction has it. */
const PROMISED = ['isolation', 'readOnly', 'deferrable'] as const;

/**
 * Transactions that need not be handed around: code that a body calls finds the one that it runs in by itself.
 *
 * Use it where many layers lie between the one that begins a transaction and those that query, and handing `tx` through
 * all of them is worse than a dependency that no signature shows. Where it is not worse, `transaction` is plainer, and
 * costs nothing that this does. `options` are the defaults of all transactions that it begins.
 *
 * @example
 * ```ts
 * import pg from 'pg';
 * import { lastValue, using } from 'rxscope';
 * import { ambientTransactions, pgPool } from 'rxscope/postgres';
 *
 * const database = pgPool(() => new pg.Client({ connectionString: process.env['DATABASE_URL'] }), { max: 2 });
 * const work = using(database, (pool) => {
 *   const db = ambientTransactions(pool);
 *   const add = (name: string) => db.run(() => db.query('INSERT INTO guest VALUES ($1)', [name]));
 *   return db.run(async () => {
 *     await db.query('CREATE TEMPORARY TABLE guest (name text) ON COMMIT DROP');
 *     await lastValue(add('Ada')); // joins
 *     await lastValue(add('Bob'));
 *     return (await db.query('SELECT name FROM guest')).rows;
 *   });
 * });
 * await lastValue(work); // => [{ name: 'Ada' }, { name: 'Bob' }]
 * ```
 */
export function ambientTransactions<C extends ClientPort>(
  source: Resource<C> | Pool<C>,
  options: InTransactionOptions = {},
): AmbientTransactions<C> {
  return new AmbientTransactions(source, options);
}

/**
 * Transactions that are found by the code that runs in them. Made by `ambientTransactions()`.
 *
 * **What is followed.** The current transaction is kept by Node's `AsyncLocalStorage`: it is current in the body, in what the
 * body calls and awaits, and in the observables that are subscribed there, with the timers that these start. It is not current
 *
 * - in consumers downstream of `run`, which get values and the end with what was current where they subscribed;
 * - for certain in what runs when a body is left (`finalize`, `finally`): that is in the context of whoever leaves;
 * - in code of the body that others call: the handlers of a `Subject`, of an event or of a shared observable run in the context
 *   of whoever emits, or has subscribed to its source first; a query with a callback calls it in that of its connection. Take `current` before, or `AsyncLocalStorage.bind`.
 *
 * Hooks (`afterCommit`) may still find the one that is over, and be refused: they run with `requires-new`.
 *
 * **Concurrent bodies** have each their own, whatever they wait for. Other contexts of yours are not touched; for those, and for code
 * that waits in the line of the same pool by itself, there is `keepAsyncContext` of `rxscope/node`.
 *
 * @example
 * ```ts
 * import pg from 'pg';
 * import { lastValue } from 'rxscope';
 * import { ambientTransactions, connection } from 'rxscope/postgres';
 *
 * const db = ambientTransactions(connection(() => new pg.Client({ connectionString: process.env['DATABASE_URL'] })));
 * const depth = () => db.current?.depth ?? 'none';
 * const nested = () => lastValue(db.run(async () => depth(), { propagation: 'nested' }));
 * [depth(), await lastValue(db.run(async () => [depth(), await nested()]))]; // => ['none', [0, 1]]
 * ```
 */
export class AmbientTransactions<C extends ClientPort = ClientPort> implements QueryPort {
  private readonly storage = new AsyncLocalStorage<Surroundings<C> | undefined>();
  private readonly clients: Resource<C>;

  /** @internal */
  constructor(
    source: Resource<C> | Pool<C>,
    private readonly options: InTransactionOptions,
  ) {
    this.clients = clientsOf<C>(source, 'ambientTransactions()');
    void inTransaction(this.clients, () => EMPTY, options); // refuses bad options
  }

  /**
   * The transaction that this code runs in; `null` where there is none. Code that goes on after its end still finds it, and is
   * refused by it.
   */
  get current(): Transaction<C> | null {
    return this.storage.getStore()?.tx ?? null;
  }

  /**
   * Sends a query through the current transaction; where there is none, on a connection that is borrowed for it. Resolves when
   * that has been given back.
   *
   * **Errors.** Those of the query and of borrowing. `TransactionStateError` where the current transaction is over, or a nested one
   * is open in it: code that nobody has waited for does not write past its transaction.
   */
  query<R extends object = Record<string, unknown>>(text: string, values?: unknown[]): Promise<QueryAnswer<R>> {
    const { current } = this;
    if (current !== null) return (current as QueryPort).query<R>(text, values);
    return lastValue(using(this.clients, (client: QueryPort) => client.query<R>(text, values)));
  }

  /**
   * Runs a body in a transaction, which is current there: as `inTransaction` does where none is current, and by `propagation` else.
   *
   * **Joining.** A body that joins commits nothing and rolls back nothing. Its error reaches its own consumer, and **whoever
   * catches that cannot have the rest committed**: the transaction is rolled back where its body completes, with a
   * `TransactionAbortedError`, whose `cause` is that error. The same goes for one that was left, by `take(1)` say. One that is
   * still at work then is a `TransactionStateError`, and rolled back too. Where a part may fail, use `nested`. Follows Spring.
   *
   * **Options** of one that joins: `isolation`, `readOnly` and `deferrable` have to be those that the transaction was begun
   * with; all others, `retry` too, are for where it begins one. With `nested`, those of `transaction(tx)`.
   *
   * **Cancellation.** As with `inTransaction`. **A connection more** is what `requires-new` needs while the one around keeps its
   * own: with all of them in such bodies a pool is at a standstill, unless its `acquireTimeout` ends that.
   *
   * **Errors.** Those of `inTransaction`. `TransactionStateError` where it would join one that is over, or has a nested one open in
   * it; `TypeError` where it asks one that it joins for what that has not got.
   */
  run<R>(body: TransactionBody<C, R>, { propagation = 'required', ...own }: AmbientOptions = {}): Observable<R> {
    checkFunction(body, 'body');
    checkChoice(propagation, 'propagation', ['required', 'requires-new', 'nested']);
    const options = { ...this.options, ...own };
    const begin = inTransaction(this.clients, (tx) => this.inside(tx, body, options), options);
    return defer((): Observable<R> => {
      const around = this.storage.getStore();
      if (around === undefined || propagation === 'requires-new') {
        // The connection may be made for this, and stay: it should not remember who was the first.
        return begin.pipe(between(this.storage, undefined, around));
      }
      const part =
        propagation === 'required'
          ? using(joining(around, own), body)
          : inTransaction(around.tx, (tx) => this.inside(tx, body, { ...around.options, ...own }), own);
      return part.pipe(between(this.storage, around, around));
    });
  }

  private inside<R>(tx: Transaction<C>, body: TransactionBody<C, R>, options: InTransactionOptions): Observable<R> {
    const here: Surroundings<C> = { tx, options, joined: 0, failure: null };
    const whole = defer(() => {
      refuseHalf(here);
      return EMPTY;
    });
    return concat(using(fromValue(tx), body), whole).pipe(between(this.storage, here, here));
  }
}

/** A part in the transaction of somebody else. */
function joining<C extends ClientPort>(around: Surroundings<C>, own: InTransactionOptions): Resource<Transaction<C>> {
  const { tx, options } = around;
  const { name = 'joined' } = own;
  return resource<Transaction<C>>({
    name,
    acquire() {
      const refusal = tx.refusal();
      if (refusal !== null) throw refusal;
      const missing = PROMISED.filter((key) => own[key] !== undefined && own[key] !== options[key]);
      if (missing.length > 0) {
        throw new TypeError(
          `"${name}" joins "${tx.settings.name}", which has another ${missing.join(', ')}. Give that to the outermost one, or run it with propagation: 'requires-new'.`,
        );
      }
      around.joined += 1;
      return tx;
    },
    release(_, exit) {
      around.joined -= 1;
      if (exit.kind === 'error') around.failure ??= exit;
      if (exit.kind === 'unsubscribe') around.failure ??= { error: new Error(`"${name}" was left before its end.`) };
    },
  });
}

/** Where a body has completed, and not all that has joined it: what there is of it should not be committed. */
function refuseHalf<C extends ClientPort>({ tx, joined, failure }: Surroundings<C>): void {
  const { name } = tx.settings;
  if (failure !== null) {
    throw new TransactionAbortedError(
      `"${name}" was rolled back instead of committed: what had joined it failed, or was left. To go on after that, run that with propagation: 'nested'.`,
      { resource: name, cause: failure.error },
    );
  }
  if (joined === 0) return;
  throw new TransactionStateError(
    `"${name}" was rolled back instead of committed: ${joined} of those that joined it had not ended. Wait for them in its body.`,
    { resource: name },
  );
}
