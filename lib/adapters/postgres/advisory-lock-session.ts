import type { AcquireContext } from '../../core/index.js';
import { AdvisoryLock } from './advisory-lock-held.js';
import { notAcquired } from './advisory-lock-holders.js';
import type { LockSettings } from './advisory-lock-options.js';
import { checkProxy, processOf } from './advisory-lock-proxy.js';
import {
  lockStatement,
  unlockStatement,
  type LockRequest,
  type Taken,
  type Unlocked,
} from './advisory-lock-statements.js';
import { waitOrCancel } from './wait-or-cancel.js';
import type { ClientPort } from './client-port.js';
import { ProxiedSessionError, TransactionStateError } from './errors.js';
import { drawNumber } from './fenced-number.js';
import { keyArguments } from './lock-key.js';
import { Session } from './session.js';
import { LATE, within } from './within.js';

/** A lock that a session holds until it lets go of it, or ends. */
export class SessionLevel<C extends ClientPort> {
  constructor(
    private readonly name: string,
    private readonly request: LockRequest,
    private readonly settings: LockSettings,
  ) {}

  async acquire(client: C, { signal }: AcquireContext): Promise<AdvisoryLock<C>> {
    const { name, request, settings } = this;
    const session = Session.of(client);
    if (settings.fencing !== null && session.isInTransaction) {
      throw new TransactionStateError(
        `"${name}" draws a fencing number, which would be rolled back with the transaction that is open on the client. ` +
          'Take the lock first, then begin.',
        { resource: name },
      );
    }
    while (session.isBusy) await client.query('SELECT 1'); // what was sent before would be cancelled in place of the wait
    if (settings.proxy === 'refuse') await checkProxy(client, name);
    signal.throwIfAborted();
    const { text, values } = lockStatement(request);
    const attempt = client.query<Taken>(text, values);
    const late = (cause?: unknown): Promise<Error> =>
      notAcquired(client, request, { name, waited: settings.acquireTimeout, cause });
    const { acquireTimeout: ms, scheduler } = settings;
    const limit = { ms, late };
    const { rows } = await (request.waits ? waitOrCancel(client, attempt, { signal, scheduler, limit }) : attempt);
    if (rows[0]?.taken === false) throw await late();
    return this.hold(client, processOf(rows));
  }

  async release(lock: AdvisoryLock<C>): Promise<void> {
    const session = Session.of(lock.client);
    if (session.isGone) {
      lock.end('lost');
      return;
    }
    lock.end('released');
    await this.unlock(lock.client, lock.processId);
  }

  private async hold(client: C, processId: number): Promise<AdvisoryLock<C>> {
    const { name, request, settings } = this;
    const { key, shared = false } = request;
    const session = Session.of(client);
    try {
      const { label } = keyArguments(key, request.namespace);
      const fencing = settings.fencing === null ? null : await drawNumber(client, label, settings.fencing);
      const facts = { client, key, shared, processId, fencing };
      return new AdvisoryLock<C>(name, facts, () => (session.isGone ? { cause: session.cause } : null));
    } catch (error) {
      await this.unlock(client, processId);
      throw error;
    }
  }

  /**
   * Lets go, and breaks the session off where it is not certain that this has worked: it must not come into other hands
   * with a lock on it. Never fails: what was done under the lock is done.
   */
  private async unlock(client: C, processId: number): Promise<void> {
    const { name, settings } = this;
    const session = Session.of(client);
    try {
      const { text, values } = unlockStatement(this.request);
      const answer = await within(client.query<Unlocked>(text, values), settings.unlockTimeout, settings.scheduler);
      if (answer === LATE) throw new Error(`No answer within ${String(settings.unlockTimeout)} ms.`);
      if (processOf(answer.rows) !== processId) throw swapped(name);
      if (answer.rows[0]?.unlocked !== true) throw new Error('The server says that the session does not hold it.');
    } catch (cause) {
      if (session.isGone) return;
      session.destroy(cause);
      if ((cause as { readonly severity?: unknown }).severity === 'FATAL') return; // the session has ended, and the lock with it
      process.emitWarning(
        `"${name}" could not be let go of, and its session was broken off. It may not have been held all the time. ` +
          (cause as Error).message,
        { type: 'AdvisoryLockWarning', code: 'RXSCOPE_UNLOCK_FAILED' },
      );
    }
  }
}

function swapped(name: string): ProxiedSessionError {
  return new ProxiedSessionError(`"${name}" was taken in one session of the server and let go of in another.`, {
    resource: name,
  });
}
