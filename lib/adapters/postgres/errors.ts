import { ResourceError, type ResourceErrorOptions } from '../../core/index.js';
import type { AdvisoryLockHolder } from './advisory-lock-holder.js';

/**
 * A transaction was used in a way that its state does not allow: after its end, while a nested one is open on it, or on a
 * connection that has one already. Nothing was sent.
 */
export class TransactionStateError extends ResourceError {
  override name = 'TransactionStateError';
  override readonly code: string = 'RXSCOPE_TRANSACTION_STATE';
}

/**
 * The body completed, and the server rolled back all the same: a statement had failed, and somebody caught its error. `cause` is
 * the first error that a query of the transaction was answered with.
 */
export class TransactionAbortedError extends ResourceError {
  override name = 'TransactionAbortedError';
  override readonly code: string = 'RXSCOPE_TRANSACTION_ABORTED';
}

/**
 * `COMMIT` was sent, and the connection died before it was answered: it is committed or it is not, and only the database
 * knows. Look there before doing it again. `cause` is what the connection died of.
 */
export class TransactionOutcomeUnknownError extends ResourceError {
  override name = 'TransactionOutcomeUnknownError';
  override readonly code: string = 'RXSCOPE_TRANSACTION_OUTCOME_UNKNOWN';
}

/**
 * `ROLLBACK` failed, or was not answered in time. The connection was destroyed, so that the server rolls back when it notices.
 */
export class TransactionRollbackError extends ResourceError {
  override name = 'TransactionRollbackError';
  override readonly code: string = 'RXSCOPE_TRANSACTION_ROLLBACK';
}

/** The transaction was open for longer than its `timeout`. Its stack is the one it was opened with. */
export class TransactionTimeoutError extends ResourceError {
  override name = 'TransactionTimeoutError';
  override readonly code: string = 'RXSCOPE_TRANSACTION_TIMEOUT';
}

/** The transaction **is committed**, and something that was to be done after that failed. Do not repeat it. */
export class AfterCommitError extends ResourceError {
  override name = 'AfterCommitError';
  override readonly code: string = 'RXSCOPE_AFTER_COMMIT';
  /** What each of the hooks that failed has failed with. */
  readonly errors: readonly unknown[];

  constructor(message: string, errors: readonly unknown[], options: ResourceErrorOptions = {}) {
    super(message, { cause: errors[0], ...options });
    this.errors = errors;
  }
}

/** A connection came back that is not certainly idle: in a transaction, with a query that still runs, or ended. It was destroyed. */
export class DoubtfulConnectionError extends ResourceError {
  override name = 'DoubtfulConnectionError';
  override readonly code: string = 'RXSCOPE_DOUBTFUL_CONNECTION';
}

/**
 * An advisory lock was not to be had: others held it for as long as `acquireTimeout` allows to wait. The message says who did,
 * and so does `holders`, as far as that could be found out.
 */
export class LockNotAcquiredError extends ResourceError {
  override name = 'LockNotAcquiredError';
  override readonly code: string = 'RXSCOPE_LOCK_NOT_ACQUIRED';
  readonly holders: readonly AdvisoryLockHolder[];

  constructor(message: string, holders: readonly AdvisoryLockHolder[], options: ResourceErrorOptions = {}) {
    super(message, options);
    this.holders = holders;
  }
}

/** A write was refused: somebody with a higher fencing number has had the lock since. */
export class StaleHolderError extends ResourceError {
  override name = 'StaleHolderError';
  override readonly code: string = 'RXSCOPE_STALE_HOLDER';
}

/**
 * Between the client and the server stands a proxy, such as a pooler, and what belongs to a session may end up in that of somebody
 * else. Connect to the server itself, or, where each client has a session of its own there, say so with `proxy: 'session'`.
 */
export class ProxiedSessionError extends ResourceError {
  override name = 'ProxiedSessionError';
  override readonly code: string = 'RXSCOPE_PROXIED_SESSION';
}
