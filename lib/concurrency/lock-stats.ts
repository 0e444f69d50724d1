import type { Claim } from './claim.js';
import type { Permits } from './permits.js';
import type { Waiting } from './waiting.js';

/** One who holds permits. */
export interface LockHolder {
  /** Name of the resource it was entered through; `named()` gives it a better one. */
  readonly name: string;
  readonly permits: number;
  /** Milliseconds since it was let in. */
  readonly heldFor: number;
}

/** One who waits for permits. */
export interface LockWaiter {
  readonly name: string;
  readonly permits: number;
  readonly priority: number;
  /** Milliseconds since it came. */
  readonly waitingFor: number;
}

/** What a lock is at just now. A frozen copy. */
export interface LockStats {
  /** How many there are. */
  readonly permits: number;
  /** How many are free. Negative where there are fewer now than were handed out. */
  readonly available: number;
  readonly waiting: number;
  /** Who is in, in the order of being let in. */
  readonly holders: readonly LockHolder[];
  /** Who waits, in the order in which they are served. */
  readonly waiters: readonly LockWaiter[];
}

export function lockStats(permits: Permits): LockStats {
  const now = permits.now();
  return Object.freeze({
    permits: permits.total,
    available: permits.available,
    waiting: permits.line.length,
    holders: Object.freeze(permits.claims.all().map((claim) => holderOf(permits, claim, now))),
    waiters: Object.freeze(permits.line.all().map((waiting) => waiterOf(permits, waiting, now))),
  });
}

function holderOf({ name }: Permits, claim: Claim, now: number): LockHolder {
  return Object.freeze({
    name: claim.scope?.name ?? name,
    permits: claim.count,
    heldFor: Math.max(0, now - claim.startedAt(now)),
  });
}

function waiterOf({ name }: Permits, waiting: Waiting, now: number): LockWaiter {
  const { scope, count, priority } = waiting;
  return Object.freeze({
    name: scope?.name ?? name,
    permits: count,
    priority,
    waitingFor: Math.max(0, now - waiting.startedAt(now)),
  });
}
