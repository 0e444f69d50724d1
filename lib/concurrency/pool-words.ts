import { AcquireTimeoutError, CapacityError, ClosedError, DeadlockError } from '../core/engine/errors.js';
import type { PoolHolder, PoolStats } from './pool-events.js';

/** What the errors of a pool say: always what it was at, for whoever reads it in a log. */
function totals({ max, total, idle, borrowed, creating, destroying, waiting }: PoolStats): string {
  return (
    `max ${String(max)}, total ${String(total)}, idle ${String(idle)}, borrowed ${String(borrowed)}, ` +
    `creating ${String(creating)}, destroying ${String(destroying)}, waiting ${String(waiting)}`
  );
}

export function timeoutError(
  resource: string,
  ms: number,
  stats: PoolStats,
  holders: readonly PoolHolder[],
  nested: number,
): AcquireTimeoutError {
  const longest = [...holders].sort((a, b) => b.heldFor - a.heldFor).slice(0, 3);
  const held = longest.map(({ name, heldFor }) => `"${name}" for ${String(Math.round(heldFor))} ms`).join(', ');
  const message =
    `"${resource}" lent nothing within ${String(ms)} ms: ${totals(stats)}.` +
    (held === '' ? '' : ` Held longest: ${held}.`) +
    (nested === 0
      ? ''
      : ` The borrower is inside a scope that holds ${String(nested)} of them: borrow once, around both.`);
  const { lastCreateError } = stats;
  return new AcquireTimeoutError(
    message,
    lastCreateError === null ? { resource } : { resource, cause: lastCreateError },
  );
}

export function tooManyWaiting(resource: string, maxWaiting: number, stats: PoolStats): CapacityError {
  return new CapacityError(
    `"${resource}" has nothing to lend, and ${String(maxWaiting)} may wait at most: ${totals(stats)}.`,
    { resource },
  );
}

export function nothingToLend(resource: string, stats: PoolStats): CapacityError {
  return new CapacityError(`"${resource}" has nothing to lend at once: ${totals(stats)}.`, { resource });
}

export function deadlock(resource: string, stats: PoolStats): DeadlockError {
  return new DeadlockError(
    `"${resource}" has lent everything to scopes that wait for one more inside of them, this one included: ` +
      `${totals(stats)}. Borrow once, around both, or give back first.`,
    { resource },
  );
}

export function closedError(resource: string): ClosedError {
  return new ClosedError(`"${resource}" is closed.`, { resource });
}

export function forcedError(resource: string): ClosedError {
  return new ClosedError(`"${resource}" was closed by force while this was borrowed.`, { resource });
}
