import { lease, type Lease } from '../../core/index.js';
import type { ClientPort } from './client-port.js';
import { TransactionStateError } from './errors.js';
import type { Transaction } from './transaction-class.js';
import type { TransactionOptions } from './transaction-options.js';
import { transaction, type TransactionSource } from './transaction.js';

/** A transaction held by hand, made by {@link leaseTransaction}: rolled back unless it was committed. */
export class TransactionLease<C extends ClientPort = ClientPort> implements AsyncDisposable {
  readonly #held: Lease<Transaction<C>>;

  /** @internal */
  constructor(held: Lease<Transaction<C>>) {
    this.#held = held;
  }

  /** What queries go through. */
  get value(): Transaction<C> {
    return this.#held.value;
  }

  /**
   * Commits, and gives the connection back. Rejects with what committing fails with, and with a `TransactionStateError` where
   * it is over already; after a `commit()` that worked, a second one does nothing.
   */
  async commit(): Promise<void> {
    await this.#held.release({ kind: 'complete' });
    this.#check('committed');
  }

  /** Rolls back, and gives the connection back. Rejects with a `TransactionStateError` where it is committed. */
  async rollback(): Promise<void> {
    await this.#held.release({ kind: 'unsubscribe' });
    this.#check('rolled back');
  }

  /** Rolls back what was not committed. */
  async [Symbol.asyncDispose](): Promise<void> {
    await this.#held.release({ kind: 'unsubscribe' });
  }

  #check(wanted: 'committed' | 'rolled back'): void {
    const { state } = this.value;
    if (state === wanted) return;
    throw new TransactionStateError(`Expected a transaction that can be ${wanted}; this one is over: ${state}.`, {
      resource: 'transaction',
    });
  }
}

/**
 * Begins a transaction by hand, for imperative code that cannot be a function: `await using tx = await leaseTransaction(pool)`.
 *
 * Prefer `transaction` with `use`, where nobody can forget the end. Unlike `lease(transaction(…))`, which commits when it is
 * disposed as any lease completes then, this one is rolled back unless `commit()` was called: the end of a block does not tell
 * whether it was reached by a throw.
 *
 * **Guarantees** and **errors** as of `transaction`. Where the connection dies, `commit()` rejects with the
 * `ResourceLostError`. **Cancellation.** When `signal` aborts while it begins, the promise rejects with the reason, after the
 * rollback; later the signal does nothing.
 *
 * @example
 * ```ts
 * import pg from 'pg';
 * import { connection, leaseTransaction } from 'rxscope/postgres';
 *
 * const database = connection(() => new pg.Client({ connectionString: process.env['DATABASE_URL'] }));
 * const states: string[] = [];
 * {
 *   await using held = await leaseTransaction(database);
 *   await held.value.query('SELECT 1');
 *   await held.commit();
 *   states.push(held.value.state);
 * }
 * const forgotten = await leaseTransaction(database);
 * await forgotten[Symbol.asyncDispose]();
 * [...states, forgotten.value.state]; // => ['committed', 'rolled back']
 * ```
 */
export async function leaseTransaction<C extends ClientPort>(
  source: TransactionSource<C>,
  { signal, ...options }: TransactionOptions & { readonly signal?: AbortSignal } = {},
): Promise<TransactionLease<C>> {
  return new TransactionLease(await lease(transaction(source, options), signal === undefined ? {} : { signal }));
}
