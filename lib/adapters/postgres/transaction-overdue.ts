import { map, NEVER, timer, type Observable } from 'rxjs';

import { TransactionTimeoutError } from './errors.js';
import type { TransactionSettings } from './transaction-options.js';

/** How many frames are kept: those of operators alone are often more than the usual ten. */
const DEPTH = 50;

/** Where a transaction with a limit was opened, for the day on which it turns out to have been left open; else `null`. */
export function openedHere({ name, timeout }: TransactionSettings): TransactionTimeoutError | null {
  if (timeout === Infinity) return null;
  const host = Error as { stackTraceLimit?: number };
  const { stackTraceLimit } = host;
  host.stackTraceLimit = DEPTH;
  const error = new TransactionTimeoutError(`"${name}" was open for longer than ${timeout} ms.`, { resource: name });
  if (stackTraceLimit !== undefined) host.stackTraceLimit = stackTraceLimit;
  return error;
}

/** Emits that error when the time is up. */
export function overdue(
  opened: TransactionTimeoutError | null,
  { timeout, scheduler }: TransactionSettings,
): Observable<unknown> {
  return opened === null ? NEVER : timer(timeout, scheduler).pipe(map(() => opened));
}
