export { AdvisoryLock } from './advisory-lock-held.js';
export { advisoryLockHolders } from './advisory-lock-holders.js';
export type { AdvisoryLockHolder } from './advisory-lock-holder.js';
export type { AdvisoryLockOptions } from './advisory-lock-options.js';
export { advisoryLock, type TransactionLockOptions } from './advisory-lock.js';
export {
  ambientTransactions,
  AmbientTransactions,
  type AmbientOptions,
  type Propagation,
} from './ambient-transactions.js';
export type {
  ClientPort,
  PgPoolPort,
  PooledClientPort,
  NotificationMessage,
  QueryAnswer,
  QueryPort,
  SessionStatus,
} from './client-port.js';
export type { ClientSource } from './clients-of.js';
export { connection, type ConnectionOptions } from './connection.js';
export {
  AfterCommitError,
  DoubtfulConnectionError,
  LockNotAcquiredError,
  ProxiedSessionError,
  StaleHolderError,
  TransactionAbortedError,
  TransactionOutcomeUnknownError,
  TransactionRollbackError,
  TransactionStateError,
  TransactionTimeoutError,
} from './errors.js';
export { createFencingTable, type FencingOptions } from './fenced-number.js';
export { fenced } from './fenced.js';
export { fromPgPool, type FromPgPoolOptions, type LentBy } from './from-pg-pool.js';
export { notify } from './listen-notify.js';
export type { ListenOptions } from './listen-options.js';
export { listen, type ListenMarker, type PgNotification } from './listen.js';
export { lockKey, type LockKey } from './lock-key.js';
export { pgPool, type PgPoolOptions } from './pg-pool.js';
export {
  inTransaction,
  type InTransactionOptions,
  type TransactionBody,
  type TransactionRetry,
} from './retry-transaction.js';
export { rows, type RowsOptions } from './rows.js';
export { Transaction, type TransactionState } from './transaction-class.js';
export type { TransactionHook } from './transaction-hooks.js';
export { leaseTransaction, type TransactionLease } from './transaction-lease.js';
export type { AbortStrategy, IsolationLevel, TransactionOptions } from './transaction-options.js';
export { transaction, type TransactionSource } from './transaction.js';
