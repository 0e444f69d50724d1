import type { AcquireContext } from '../../core/index.js';
import { AdvisoryLock } from './advisory-lock-held.js';
import { notAcquired } from './advisory-lock-holders.js';
import type { LockSettings } from './advisory-lock-options.js';
import { processOf } from './advisory-lock-proxy.js';
import {
  transactionLockText,
  UNDO_TRANSACTION_LOCK,
  type LockRequest,
  type Taken,
} from './advisory-lock-statements.js';
import { waitOrCancel } from './wait-or-cancel.js';
import type { QueryAnswer, QueryPort } from './client-port.js';
import { TransactionStateError } from './errors.js';
import { sessionOf } from './session-of.js';
import { sqlStateOf } from './sql-state.js';

/** What can be asked only within a transaction, and what is refused in one that has failed. */
const NO_TRANSACTION = '25P01';
const FAILED_TRANSACTION = '25P02';

/** A lock that is held until the transaction ends it is taken in. Nothing can let go of it before. */
export class TransactionLevel<Q extends QueryPort> {
  constructor(
    private readonly name: string,
    private readonly request: LockRequest,
    private readonly settings: LockSettings,
  ) {}

  async acquire(client: Q, { signal }: AcquireContext): Promise<AdvisoryLock<Q>> {
    const { key, shared = false } = this.request;
    while (sessionOf(client)?.isBusy === true) await client.query('SELECT 1'); // it would be cancelled in place of the wait
    signal.throwIfAborted();
    const attempt = client.query(transactionLockText(this.request));
    let answer: unknown;
    try {
      answer = await this.answered(client, attempt, signal);
    } catch (error) {
      throw await this.undo(client, attempt, error);
    }
    const row = rowOf(answer);
    if (row.taken === false) throw await this.notAcquired(client);
    const facts = { client, key, shared, processId: processOf([row]), fencing: null };
    return new AdvisoryLock(this.name, facts, () => {
      const session = sessionOf(client);
      return session?.isGone === true ? { cause: session.cause } : null;
    });
  }

  private answered(client: Q, attempt: Promise<unknown>, signal: AbortSignal): Promise<unknown> {
    const { acquireTimeout: ms, scheduler } = this.settings;
    const session = sessionOf(client);
    if (!this.request.waits || session === null) return attempt;
    const limit = { ms, late: (cause: unknown) => Promise.resolve(new Late(cause)) };
    return waitOrCancel(session.client, attempt, { signal, scheduler, limit });
  }

  /** Goes back to before the wait, and answers what to fail with. */
  private async undo(client: Q, attempt: Promise<unknown>, error: unknown): Promise<unknown> {
    if (sessionOf(client)?.isGone === true) return error;
    const cause: unknown = await attempt.catch((reason: unknown) => reason);
    const state = sqlStateOf(cause);
    if (state === NO_TRANSACTION) {
      return new TransactionStateError(
        `"${this.name}" is held until the transaction ends, and there is none. Begin one, or take it with level: 'session'.`,
        { resource: this.name, cause },
      );
    }
    if (state === undefined || state === FAILED_TRANSACTION) return error; // there is no savepoint
    await client.query(UNDO_TRANSACTION_LOCK);
    return error instanceof Late ? this.notAcquired(client, error.cause) : error;
  }

  private notAcquired(client: Q, cause?: unknown): Promise<Error> {
    return notAcquired(client, this.request, { name: this.name, waited: this.settings.acquireTimeout, cause });
  }
}

/** What the statement in the middle has answered. */
function rowOf(answer: unknown): Taken {
  const [row] = ([answer].flat() as QueryAnswer<Taken>[]).flatMap(({ rows }) => rows);
  if (row !== undefined) return row;
  throw new TypeError('Expected an answer to each statement of a message, as pg gives them.');
}

/** It was not to be had in time. Said in full once the transaction answers again. */
class Late extends Error {
  constructor(cause?: unknown) {
    super('late', { cause });
  }
}
