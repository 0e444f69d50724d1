import { lastValueFrom } from 'rxjs';

import type { Exit } from '../../core/index.js';
import { cancelRunning } from './cancel-request.js';
import { cancelUntilQuiet } from './cancel-until-quiet.js';
import type { QueryAnswer } from './client-port.js';
import {
  TransactionAbortedError,
  TransactionOutcomeUnknownError,
  TransactionRollbackError,
  TransactionStateError,
} from './errors.js';
import { saysUnknown } from './sql-state.js';
import type { Transaction } from './transaction-class.js';
import { LATE, within } from './within.js';

/** Ends a transaction the way its scope has ended. What it throws is what has gone wrong with that. */
export async function endTransaction(tx: Transaction, exit: Exit): Promise<void> {
  if (exit.kind === 'complete' && tx.running > 0) await allAnswered(tx);
  const obstacle = obstacleTo(tx, exit);
  if (obstacle === null) await commit(tx);
  else await rollback(tx, 'ROLLBACK');
  if (obstacle instanceof Error) throw obstacle;
}

/** Ends a nested one: what it did is part of the one around it from then on, or undone. */
export async function endSavepoint(tx: Transaction, exit: Exit, savepoint: string): Promise<void> {
  const undo = `ROLLBACK TO SAVEPOINT ${savepoint}; RELEASE SAVEPOINT ${savepoint}`;
  if (exit.kind === 'complete' && tx.running > 0) await allAnswered(tx);
  const obstacle = obstacleTo(tx, exit);
  if (!isInside(tx)) {
    tx.enter('rolled back'); // with what is around it
    if (obstacle instanceof Error) throw obstacle;
    return;
  }
  if (obstacle !== null) {
    await rollback(tx, undo);
    if (obstacle instanceof Error) throw obstacle;
    return;
  }
  try {
    await tx.command(`RELEASE SAVEPOINT ${savepoint}`);
    tx.enter('committed');
  } catch (error) {
    if (tx.session.isGone) {
      tx.enter('rolled back');
      throw error;
    }
    await rollback(tx, undo); // a statement has failed, and the one around it should not have to suffer
    throw aborted(tx, error);
  }
}

/** Whether all that is around it is open: what has ended there has taken the savepoint with it. */
function isInside({ outer }: Transaction): boolean {
  return outer === null || (outer.state === 'open' && isInside(outer));
}

/** What nobody has waited for is part of it. Where that has failed, the end of the connection may be about to be told. */
async function allAnswered(tx: Transaction): Promise<void> {
  await tx.answered();
  if (tx.failure !== null) await tx.session.quiet(tx.settings.rollbackTimeout, tx.settings.scheduler);
}

/** `null` where it is to be committed, `true` where it is not, and an error where it was to be and cannot. It is ending then. */
function obstacleTo(tx: Transaction, exit: Exit): null | true | Error {
  if (exit.kind !== 'complete') {
    tx.enter('ending');
    return true;
  }
  const { name } = tx.settings;
  const refusal = tx.refusal();
  tx.enter('ending');
  if (tx.session.isGone) {
    const message = `The connection of "${name}" was lost before it could be committed.`;
    return new TransactionAbortedError(message, { resource: name, cause: tx.session.cause });
  }
  if (refusal === null) return null;
  return new TransactionStateError(`"${name}" cannot be committed. ${refusal.message}`, { resource: name });
}

async function commit(tx: Transaction): Promise<void> {
  const { session, settings } = tx;
  let answer: QueryAnswer | typeof LATE;
  try {
    answer = await within(tx.command('COMMIT'), settings.commitTimeout, settings.scheduler);
  } catch (error) {
    // The server says no, and goes on: it is rolled back. Anything else says nothing about what has become of it.
    if (!saysUnknown(error) && (await session.quiet(settings.rollbackTimeout, settings.scheduler))) {
      tx.enter('rolled back');
      throw error;
    }
    throw unknownOutcome(tx, error);
  }
  if (answer === LATE) {
    throw unknownOutcome(tx, new Error(`COMMIT was not answered within ${settings.commitTimeout} ms.`));
  }
  if (answer.command === 'ROLLBACK') {
    tx.enter('rolled back');
    throw aborted(tx, tx.failure?.error);
  }
  tx.enter('committed');
}

function unknownOutcome(tx: Transaction, cause: unknown): TransactionOutcomeUnknownError {
  tx.enter('unknown');
  const { name } = tx.settings;
  const error = new TransactionOutcomeUnknownError(
    `COMMIT of "${name}" was sent and not answered: it is committed or it is not. Look before doing it again.`,
    { resource: name, cause },
  );
  tx.session.destroy(error);
  return error;
}

function aborted(tx: Transaction, cause: unknown): TransactionAbortedError {
  const { name } = tx.settings;
  return new TransactionAbortedError(
    `"${name}" was rolled back instead of committed: one of its statements had failed. To go on after that, let it fail in a nested transaction.`,
    { resource: name, cause },
  );
}

/** Rolls back, or makes sure that nobody uses the connection any more. */
async function rollback(tx: Transaction, command: string): Promise<void> {
  const { session, settings } = tx;
  if (session.isGone) {
    tx.enter('rolled back'); // by the server
    return;
  }
  const isDone = rollBackInOrder(tx, command).catch((error: unknown) => ({ error }));
  const result = await within(isDone, settings.rollbackTimeout, settings.scheduler);
  tx.enter('rolled back');
  if (result === null) return;
  if (tx.session.isGone) return; // it died meanwhile: that is a rollback too
  const cause = result === LATE ? new Error(`Not rolled back within ${settings.rollbackTimeout} ms.`) : result.error;
  const error = new TransactionRollbackError(
    `"${settings.name}" could not be rolled back. Its connection was destroyed.`,
    { resource: settings.name, cause },
  );
  session.destroy(error);
  throw error;
}

async function rollBackInOrder(tx: Transaction, command: string): Promise<null> {
  const { session, settings } = tx;
  if (tx.running > 0) {
    if (settings.abort === 'destroy') {
      await askOnce(tx);
      return null;
    }
    if (settings.abort === 'cancel') await cancelUntilQuiet(session, settings.scheduler);
    await tx.answered();
    if (session.isGone) return null;
  }
  await tx.command(command);
  return null;
}

/** Cuts the connection at once. The server would go on with the query to its end, and is asked not to. */
async function askOnce({ session, settings }: Transaction): Promise<void> {
  const asked = lastValueFrom(cancelRunning(session.client), { defaultValue: null }).catch(() => null);
  session.destroy(new Error(`"${settings.name}" was left while a query ran.`));
  await asked;
}
