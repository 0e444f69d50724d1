import {
  asyncScheduler,
  defer,
  from,
  mergeMap,
  retry,
  throwError,
  timer,
  toArray,
  type Observable,
  type ObservableInput,
} from 'rxjs';

import { using } from '../../core/index.js';
import { checkCount, checkDuration, checkFunction, checkKeys } from '../../internal/check.js';
import type { ClientPort } from './client-port.js';
import { isSerializationFailure } from './sql-state.js';
import { Transaction } from './transaction-class.js';
import type { TransactionOptions } from './transaction-options.js';
import { transaction, type TransactionSource } from './transaction.js';

/** How often a transaction that failed is tried again, and when. */
export interface TransactionRetry {
  /** How many times, after the first. Default 5. */
  readonly count?: number;
  /** Milliseconds before the first retry, doubled for each one after; up to half of it less by chance. Default 10. */
  readonly initial?: number;
  /** Milliseconds that it gets to at most. Default 1,000. */
  readonly max?: number;
  /** Which errors it helps against. Default: serialization failures and deadlocks, `40001` and `40P01`, also as a `cause`. */
  when?(this: void, error: unknown): boolean;
  /** Where chance comes from, 0 to less than 1. Default `Math.random`. */
  random?(this: void): number;
}

/** Options of {@link inTransaction}. */
export interface InTransactionOptions extends TransactionOptions {
  /** Whether it is tried again where others got in its way: how, how many times, or `true` for the defaults. Default: not. */
  readonly retry?: TransactionRetry | number | boolean;
}

/** What {@link inTransaction} calls: in each try again, with a transaction of its own. */
export type TransactionBody<C extends ClientPort, R> = (tx: Transaction<C>) => ObservableInput<R>;

/**
 * Runs a body in a transaction, and the whole of it again where other transactions got in its way.
 *
 * Serializable transactions need this: the server promises only that one of those which conflict gets through. Without
 * `retry` it is `using(transaction(source, options), body)`.
 *
 * **Guarantees.** Each try has a transaction of its own, and the body is called anew; whatever it does outside of the database, it
 * does again. It is tried again only after the server has rolled back: never when it is committed, nor when that is unknown. With
 * `retry`, the values of a try are kept until it is committed and come after that, so that none comes twice; without, they pass
 * at once. The last error comes as it is. **Cancellation.** Leaving rolls back, or ends the wait for the next try.
 * **Errors.** Those of `transaction`; a `TypeError` at the call where `retry` is asked for inside a transaction: only the whole
 * can be done again.
 *
 * @example
 * ```ts
 * import pg from 'pg';
 * import { lastValue, using } from 'rxscope';
 * import { inTransaction, pgPool } from 'rxscope/postgres';
 *
 * const database = pgPool(() => new pg.Client({ connectionString: process.env['DATABASE_URL'] }), { max: 2 });
 * let tries = 0;
 * const work = using(database, (pool) =>
 *   inTransaction(
 *     pool,
 *     async (tx) => {
 *       tries += 1;
 *       if (tries < 3) await tx.query(`DO $$ BEGIN RAISE SQLSTATE '40001'; END $$`); // as if another one had been quicker
 *       return 'done';
 *     },
 *     { isolation: 'serializable', retry: 5 },
 *   ),
 * );
 * [await lastValue(work), tries]; // => ['done', 3]
 * ```
 */
export function inTransaction<C extends ClientPort, R>(
  source: TransactionSource<C>,
  body: TransactionBody<C, R>,
  { retry: retrying = false, ...options }: InTransactionOptions = {},
): Observable<R> {
  checkFunction(body, 'body');
  const transactions = transaction(source, options);
  const plan = planOf(retrying);
  if (plan === null) return using(transactions, body);
  if (source instanceof Transaction) {
    throw new TypeError('Expected no retry inside a transaction: ask for it where the outermost one is begun.');
  }
  const { scheduler = asyncScheduler } = options;
  return defer(() => {
    let last: Transaction<C> | null = null;
    const attempt = defer(() => {
      last = null;
      return using(transactions, (tx) => body((last = tx)));
    });
    return attempt.pipe(
      toArray(),
      retry({
        count: plan.count,
        delay: (error: unknown, time) =>
          (last === null || last.state === 'rolled back') && plan.when(error)
            ? timer(delayOf(plan, time), scheduler)
            : throwError(() => error),
      }),
      mergeMap((values) => from(values)),
    );
  });
}

type Plan = Required<TransactionRetry>;

/** Between half of it and all of it: those who got in each other's way should not come back together. */
function delayOf({ initial, max, random }: Plan, time: number): number {
  return Math.min(max, initial * 2 ** (time - 1)) * (1 - random() / 2);
}

function planOf(retrying: TransactionRetry | number | boolean): Plan | null {
  if (retrying === false) return null;
  const given: unknown = typeof retrying === 'number' ? { count: retrying } : retrying === true ? {} : retrying;
  checkKeys(given, 'retry', ['count', 'initial', 'max', 'when', 'random']);
  const {
    count = 5,
    initial = 10,
    max = 1_000,
    when = isSerializationFailure,
    random = Math.random,
  } = given as TransactionRetry;
  checkCount(count, 'retry.count', 0);
  checkDuration(initial, 'retry.initial');
  checkDuration(max, 'retry.max');
  checkFunction(when, 'retry.when');
  checkFunction(random, 'retry.random');
  return { count, initial, max, when, random };
}
