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

/** Entered before everything else of a transaction that has to come by its connection, so that it comes last. */
export function transactionFrame(settings: TransactionSettings): Resource<TransactionFrame> {
  return resource<TransactionFrame>({
    name: settings.name,
    acquire: () => ({ tx: null, opened: openedHere(settings) }),
    release: ({ tx }) => (tx === null ? undefined : tellHooks(tx)),
  });
}

/** Does what the hooks say, now that it is known how it came out. */
export function tellHooks({ hooks, state, settings }: Transaction): Promise<void> | undefined {
  if (hooks === null) return undefined;
  if (state === 'rolled back') return hooks.rolledBack();
  return state === 'committed' ? hooks.committed(settings.name) : undefined;
}
