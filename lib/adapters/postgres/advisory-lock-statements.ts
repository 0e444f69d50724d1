import type { LockKey } from './lock-key.js';
import { keyArguments } from './lock-key.js';

/** A statement and what it is given. */
export interface Statement {
  readonly text: string;
  readonly values: (string | number)[];
}

/** What is to be locked, and how. */
export interface LockRequest {
  readonly key: LockKey;
  readonly namespace?: string | undefined;
  readonly shared?: boolean | undefined;
  /** Whether to wait where somebody has it. */
  readonly waits: boolean;
}

/** What taking a lock answers: `taken` is `false` where that form does not wait and somebody has it. */
export interface Taken {
  readonly taken: unknown;
  readonly process: number;
}

/** What letting go answers: `unlocked` is `false` where the session did not hold it. */
export interface Unlocked {
  readonly unlocked: boolean;
  readonly process: number;
}

/** Takes it, until it is let go or the session ends. */
export function lockStatement(request: LockRequest): Statement {
  return taking(request, 'advisory');
}

/**
 * Takes it until the transaction ends, within a savepoint: a wait that is cancelled must not take the transaction with it. All in one
 * message, so that nothing that is sent meanwhile stands in the savepoint, and would be undone with it.
 */
export function transactionLockText(request: LockRequest): string {
  const { text, values } = taking(request, 'advisory_xact');
  const whole = text.replace(/\$(\d)/g, (_, place: string) => `'${String(values[Number(place) - 1])}'`); // numbers, all of them
  return `SAVEPOINT rxscope_lock; ${whole}; RELEASE SAVEPOINT rxscope_lock`;
}

/** Goes back to before such a message, which has failed in the middle. */
export const UNDO_TRANSACTION_LOCK = 'ROLLBACK TO SAVEPOINT rxscope_lock; RELEASE SAVEPOINT rxscope_lock';

export function unlockStatement(request: LockRequest): Statement {
  return call(request.shared === true ? 'pg_advisory_unlock_shared' : 'pg_advisory_unlock', 'unlocked', request);
}

/** Who holds a lock, and who waits for it. The server has 64-bit keys in two halves. */
export function holdersStatement({ key, namespace }: Pick<LockRequest, 'key' | 'namespace'>): Statement {
  const { values } = keyArguments(key, namespace);
  const isMeant =
    values.length === 1
      ? '((l.classid::int8 << 32) | l.objid::int8) = $1::int8 AND l.objsubid = 1'
      : 'l.classid = $1::int4::oid AND l.objid = $2::int4::oid AND l.objsubid = 2';
  return {
    text:
      'SELECT l.pid AS process, l.mode, l.granted, a.application_name AS application, a.state FROM pg_locks l ' +
      'LEFT JOIN pg_stat_activity a ON a.pid = l.pid ' +
      "WHERE l.locktype = 'advisory' AND l.database = (SELECT oid FROM pg_database WHERE datname = current_database()) " +
      `AND ${isMeant} ORDER BY l.granted DESC, l.waitstart, l.pid`,
    values: [...values],
  };
}

function taking(request: LockRequest, kind: 'advisory' | 'advisory_xact'): Statement {
  const { shared = false, waits } = request;
  return call(`pg_${waits ? '' : 'try_'}${kind}_lock${shared ? '_shared' : ''}`, 'taken', request);
}

function call(name: string, answer: string, { key, namespace }: LockRequest): Statement {
  const { text, values } = keyArguments(key, namespace);
  return { text: `SELECT ${name}(${text}) AS ${answer}, pg_backend_pid() AS process`, values: [...values] };
}
