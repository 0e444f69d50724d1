import { Observable } from 'rxjs';

import { resource, type Resource } from '../../core/index.js';
import type { ClientPort } from './client-port.js';
import { TransactionStateError } from './errors.js';
import { Session } from './session.js';
import { Transaction } from './transaction-class.js';
import type { TransactionSettings } from './transaction-options.js';
import { LATE, within } from './within.js';

/** Takes a connection for a transaction that has still to begin. */
export function takeSession<C extends ClientPort>(client: C, settings: TransactionSettings): Transaction<C> {
  const session = Session.of(client);
  const { name } = settings;
  if (session.isTaken || session.isInTransaction) {
    throw new TransactionStateError(
      `Expected a connection without a transaction for "${name}". Pass the transaction that is open on it: that nests. Nothing was sent.`,
      { resource: name },
    );
  }
  session.isTaken = true;
  return new Transaction<C>(client, session, settings, null);
}

/** Takes the place inside of a transaction for one that has still to begin. */
export function takePlace<C extends ClientPort>(outer: Transaction<C>, settings: TransactionSettings): Transaction<C> {
  const refusal = outer.refusal();
  if (refusal !== null) throw refusal;
  return (outer.inner = new Transaction<C>(outer.client, outer.session, settings, outer));
}

/**
 * Begins it: the handle is there when the first command is answered. Who leaves meanwhile leaves that to whoever releases what
 * was taken; a signal would do as well, and costs more than all the rest.
 */
export function begun<C extends ClientPort>(tx: Transaction<C>, command: string): Resource<Transaction<C>> {
  return resource<Transaction<C>>({
    name: tx.settings.name,
    interruptible: true,
    acquire: () =>
      new Observable((subscriber) => {
        const answered = (): void => {
          subscriber.next(tx);
          subscriber.complete();
        };
        tx.begin(command, answered, (error) => {
          subscriber.error(error);
        });
      }),
  });
}

/**
 * Whether a transaction that is being released has begun. Its first command is answered soon, so that it is waited for; where it
 * is not, the connection is cut.
 */
export async function hasBegun({ beginning, session, settings }: Transaction): Promise<boolean> {
  if (typeof beginning === 'boolean') return beginning;
  const answer = await within(beginning, settings.rollbackTimeout, settings.scheduler);
  if (answer !== LATE) return answer;
  session.destroy(new Error(`"${settings.name}" was left, and had not begun ${settings.rollbackTimeout} ms later.`));
  return false;
}

/** After `BEGIN` has failed: it and its limits are one message, of which the first may have worked and the second not. */
export async function checkIdle({ session, settings }: Transaction): Promise<void> {
  const isQuiet = await session.quiet(settings.rollbackTimeout, settings.scheduler);
  if (isQuiet && !session.isInTransaction) return;
  session.destroy(new Error(`BEGIN of "${settings.name}" failed, and left the connection in a transaction.`));
}
