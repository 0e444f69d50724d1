import { andThen, resource, type Resource } from '../../core/index.js';
import type { ClientPort } from './client-port.js';
import { TransactionStateError } from './errors.js';
import { begun, hasBegun, takePlace } from './transaction-beginning.js';
import type { Transaction } from './transaction-class.js';
import { endSavepoint } from './transaction-ending.js';
import { transactionFrame, type TransactionFrame } from './transaction-frame.js';
import { nestedSettings, type TransactionOptions, type TransactionSettings } from './transaction-options.js';
import { overdue } from './transaction-overdue.js';

/** A transaction in another one, made of a savepoint: what it does can be undone without undoing what is around it. */
export function savepoint<C extends ClientPort>(
  outer: Transaction<C>,
  options: TransactionOptions,
): Resource<Transaction<C>> {
  const settings = nestedSettings(outer.settings, options);
  return transactionFrame(settings).pipe(
    andThen((frame) => turn(outer, settings).pipe(andThen(() => inside(outer, settings, frame)))),
  );
}

/** One nested transaction at a time: what the server keeps is a stack. */
function turn(outer: Transaction, { name, siblings }: TransactionSettings): Resource<void> {
  if (siblings === 'wait' || !outer.turn.locked) return outer.turn.lock;
  const place = outer.settings.name;
  throw new TransactionStateError(
    `"${name}" was begun in "${place}" while another one is open there. Begin it later, inside of that, or with siblings: 'wait'.`,
    { resource: name },
  );
}

function inside<C extends ClientPort>(
  outer: Transaction<C>,
  settings: TransactionSettings,
  frame: TransactionFrame,
): Resource<Transaction<C>> {
  const { outermost } = outer;
  outermost.nested += 1;
  const mark = `rxscope_${outermost.nested}`; // never used twice: RELEASE and ROLLBACK TO take the latest of a name
  const taken = resource<Transaction<C>>({
    name: settings.name,
    acquire: () => (frame.tx = takePlace(outer, settings)),
    async release(tx, exit) {
      try {
        if (tx.beginning === true || (await hasBegun(tx))) await endSavepoint(tx, exit, mark);
      } finally {
        outer.inner = null;
        if (tx.state === 'committed') handHooksOver(tx, outer);
      }
    },
    lost: () => overdue(frame.opened, settings),
  });
  return taken.pipe(andThen((tx) => begun(tx, `SAVEPOINT ${mark}`)));
}

/** What a nested one leaves behind when it is released comes out with the one around it. */
function handHooksOver(tx: Transaction, outer: Transaction): void {
  if (tx.hooks === null) return;
  if (outer.hooks === null) outer.hooks = tx.hooks;
  else outer.hooks.addAll(tx.hooks);
  tx.hooks = null;
}
