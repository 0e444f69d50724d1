import { resource, type Resource } from '../../core/index.js';
import type { TransactionTimeoutError } from './errors.js';
import type { Transaction } from './transaction-class.js';
import type { TransactionSettings } from './transaction-options.js';
import { openedHere } from './transaction-overdue.js';

/** What there is of a transaction around it. */
export interface TransactionFrame {
  /** As soon as it has begun. */
  tx: Transaction | null;
  /** Where it was opened, if it has a limit. */
  readonly opened: TransactionTimeoutError | null;
}

/** Entered before everything else of a transaction, so that it comes last: does what the hooks say. */
export function transactionFrame(settings: TransactionSettings): Resource<TransactionFrame> {
  return resource<TransactionFrame>({
    name: settings.name,
    acquire: () => ({ tx: null, opened: openedHere(settings) }),
    release: ({ tx }) => {
      if (tx === null || tx.hooks === null) return undefined;
      if (tx.state === 'rolled back') return tx.hooks.rolledBack();
      return tx.state === 'committed' ? tx.hooks.committed(settings.name) : undefined;
    },
  });
}
