import type { AcquireContext } from '../../core/index.js';
import { AdvisoryLock } from './advisory-lock-held.js';
import { notAcquired } from './advisory-lock-holders.js';
import type { LockSettings } from './advisory-lock-options.js';
import { processOf } from './advisory-lock-proxy.js';
import { lockStatement, type LockRequest, type Taken } from './advisory-lock-statements.js';
import { waitOrCancel } from './wait-or-cancel.js';
import type { QueryAnswer, QueryPort } from './client-port.js';
import { TransactionStateError } from './errors.js';
import { codeOf } from './fenced-number.js';
import { sessionOf } from './session-of.js';

/** What can be asked only within a transaction. */
const NO_TRANSACTION = '25P01';

/** A lock that is held until the transaction ends it is taken in. Nothing can let go of it before. */
export class TransactionLevel<Q extends QueryPort> {
  constructor(
    private readonly name: string,
    private readonly request: LockRequest,
    private readonly settings: LockSettings,
  ) {}

  /** Within a savepoint: a wait that is cancelled must not take the transaction with it. */
  async acquire(client: Q, { signal }: AcquireContext): Promise<AdvisoryLock<Q>> {
    const { key, shared = false } = this.request;
    await this.mark(client);
    let answer: QueryAnswer<Taken>;
    try {
      answer = await this.take(client, signal);
    } catch (error) {
      throw await this.undo(client, error);
    }
    await client.query('RELEASE SAVEPOINT rxscope_lock');
    const facts = { client, key, shared, processId: processOf(answer.rows), fencing: null };
    return new AdvisoryLock(this.name, facts, () => {
      const session = sessionOf(client);
      return session?.isGone === true ? { cause: session.cause } : null;
    });
  }

  /** Goes back to before the wait, and answers what to fail with. */
  private async undo(client: Q, error: unknown): Promise<unknown> {
    const { name, request, settings } = this;
    if (sessionOf(client)?.isGone === true) return error;
    await client.query('ROLLBACK TO SAVEPOINT rxscope_lock');
    await client.query('RELEASE SAVEPOINT rxscope_lock');
    if (!(error instanceof Late)) return error;
    return notAcquired(client, request, { name, waited: settings.acquireTimeout, cause: error.cause });
  }

  private async mark(client: Q): Promise<void> {
    try {
      await client.query('SAVEPOINT rxscope_lock');
    } catch (cause) {
      if (codeOf(cause) !== NO_TRANSACTION) throw cause;
      throw new TransactionStateError(
        `"${this.name}" is held until the transaction ends, and there is none. Begin one, or take it with level: 'session'.`,
        { resource: this.name, cause },
      );
    }
  }

  private async take(client: Q, signal: AbortSignal): Promise<QueryAnswer<Taken>> {
    const { request, settings } = this;
    signal.throwIfAborted();
    const { text, values } = lockStatement(request, 'transaction');
    const attempt = client.query<Taken>(text, values);
    const session = sessionOf(client);
    const { acquireTimeout: ms, scheduler } = settings;
    const limit = { ms, late: (cause: unknown) => Promise.resolve(new Late(cause)) };
    if (request.waits && session !== null) {
      return waitOrCancel(session.client, attempt, { signal, scheduler, limit });
    }
    const answer = await attempt;
    if (answer.rows[0]?.taken === false) throw new Late();
    return answer;
  }
}

/** It was not to be had in time. Said in full once the transaction answers again. */
class Late extends Error {
  constructor(cause?: unknown) {
    super('late', { cause });
  }
}
