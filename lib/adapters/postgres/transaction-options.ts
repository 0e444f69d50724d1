import { asyncScheduler, type SchedulerLike } from 'rxjs';

import { checkChoice, checkDuration, checkKeys, checkWhole } from '../../internal/check.js';

/** What a transaction may see of others that run at the same time. See PostgreSQL's manual, chapter 13.2. */
export type IsolationLevel = 'read committed' | 'repeatable read' | 'serializable';

/**
 * What becomes of a query that still runs when its transaction has to be rolled back.
 *
 * - `cancel`: the server is asked to give it up, by a connection of its own that takes a moment; then `ROLLBACK`.
 * - `wait`: `ROLLBACK` waits for it, no longer than `rollbackTimeout`.
 * - `destroy`: the server is asked to give it up, and the connection is cut. The quickest end, and the dearest.
 */
export type AbortStrategy = 'cancel' | 'wait' | 'destroy';

/** How a transaction is begun, bounded and ended. Times are milliseconds. */
export interface TransactionOptions {
  /** Shown in errors and by `openResources()`. Default `'transaction'`. */
  readonly name?: string;
  /** Default: that of the database, usually `'read committed'`. */
  readonly isolation?: IsolationLevel;
  /** Whether it may only read. Default: that of the database, usually `false`. */
  readonly readOnly?: boolean;
  /** Whether a serializable, read-only one waits for a moment in which it cannot fail. Default: that of the database, usually `false`. */
  readonly deferrable?: boolean;
  /** How long a statement may take before the server cancels it. Default: the setting of the session. 0 is no limit. */
  readonly statementTimeout?: number;
  /** How long nothing may be sent before the server ends the session. Default: the setting of the session. 0 is no limit. */
  readonly idleTimeout?: number;
  /** How long it may be open at all; then the body is left, with a `ResourceLostError` for its consumer, and rolled back. Default: no limit. */
  readonly timeout?: number;
  /** How long rolling back may take, waiting for a query included, before the connection is destroyed instead. Default 5 seconds. */
  readonly rollbackTimeout?: number;
  /** How long to wait for the answer to `COMMIT`, before the outcome counts as unknown. Default: as long as it takes. */
  readonly commitTimeout?: number;
  /** What becomes of a query that still runs when it has to be rolled back. Default `'cancel'`. */
  readonly abort?: AbortStrategy;
  /** What becomes of a nested transaction that is begun while another one is open in the same place: it waits, or fails. Default `'wait'`. */
  readonly siblings?: 'wait' | 'refuse';
  /** For all timers. Default: RxJS's `asyncScheduler`. */
  readonly scheduler?: SchedulerLike;
}

/** The options of a transaction and of all that are nested in it, with their defaults, and how it is begun. */
export interface TransactionSettings {
  readonly name: string;
  readonly begin: string;
  readonly timeout: number;
  readonly rollbackTimeout: number;
  readonly commitTimeout: number;
  readonly abort: AbortStrategy;
  readonly siblings: 'wait' | 'refuse';
  readonly scheduler: SchedulerLike;
}

const LEVELS: readonly IsolationLevel[] = ['read committed', 'repeatable read', 'serializable'];

/** What only the outermost transaction can be told: it is what `BEGIN` says. */
const OUTERMOST: readonly (keyof TransactionOptions)[] = [
  'isolation',
  'readOnly',
  'deferrable',
  'statementTimeout',
  'idleTimeout',
  'commitTimeout',
];

const KNOWN: readonly (keyof TransactionOptions)[] = [
  ...OUTERMOST,
  ...(['name', 'timeout', 'rollbackTimeout', 'abort', 'siblings', 'scheduler'] as const),
];

/** The options with their defaults, checked. */
export function transactionSettings(options: TransactionOptions): TransactionSettings {
  checkKeys(options, 'the options of transaction()', KNOWN);
  const settings: TransactionSettings = {
    name: options.name ?? 'transaction',
    begin: beginOf(options),
    timeout: options.timeout ?? Infinity,
    rollbackTimeout: options.rollbackTimeout ?? 5_000,
    commitTimeout: options.commitTimeout ?? Infinity,
    abort: options.abort ?? 'cancel',
    siblings: options.siblings ?? 'wait',
    scheduler: options.scheduler ?? asyncScheduler,
  };
  checkDuration(settings.timeout, 'timeout');
  checkDuration(settings.rollbackTimeout, 'rollbackTimeout');
  checkDuration(settings.commitTimeout, 'commitTimeout');
  checkChoice(settings.abort, 'abort', ['cancel', 'wait', 'destroy']);
  checkChoice(settings.siblings, 'siblings', ['wait', 'refuse']);
  return settings;
}

/** The options of a nested transaction: its own, or those of the one around it. */
export function nestedSettings(outer: TransactionSettings, options: TransactionOptions): TransactionSettings {
  checkKeys(options, 'the options of transaction()', KNOWN);
  const impossible = OUTERMOST.filter((key) => options[key] !== undefined);
  if (impossible.length > 0) {
    throw new TypeError(
      `A nested transaction cannot have ${impossible.join(', ')} of its own: give that to the outermost one.`,
    );
  }
  const { rollbackTimeout, abort, siblings, scheduler } = outer;
  return transactionSettings({ name: 'savepoint', rollbackTimeout, abort, siblings, scheduler, ...options });
}

/** One message: the limits are set in the same round trip. */
function beginOf({ isolation, readOnly, deferrable, statementTimeout, idleTimeout }: TransactionOptions): string {
  let text = 'BEGIN';
  if (isolation !== undefined) {
    checkChoice(isolation, 'isolation', LEVELS);
    text += ` ISOLATION LEVEL ${isolation.toUpperCase()}`;
  }
  if (readOnly !== undefined) text += readOnly ? ' READ ONLY' : ' READ WRITE';
  if (deferrable !== undefined) text += deferrable ? ' DEFERRABLE' : ' NOT DEFERRABLE';
  return `${text}${limit('statement_timeout', statementTimeout)}${limit('idle_in_transaction_session_timeout', idleTimeout)}`;
}

function limit(setting: string, value: number | undefined): string {
  if (value === undefined) return '';
  checkWhole(value, setting === 'statement_timeout' ? 'statementTimeout' : 'idleTimeout', 0, 2 ** 31 - 1);
  return `; SET LOCAL ${setting} = ${value}`;
}
