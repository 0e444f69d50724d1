import type { Tally } from './workload.js';

/** Counted up by every acquire, use and release of the running batch. */
export const tally: Tally = { opened: 0, used: 0, closed: 0 };

export function resetTally(): void {
  tally.opened = 0;
  tally.used = 0;
  tally.closed = 0;
}

/** Throws when the batch has not done exactly the work of so many operations. */
export function verifyTally(variant: string, work: Tally, operations: number): void {
  for (const key of ['opened', 'used', 'closed'] as const) {
    const expected = work[key] * operations;
    if (tally[key] !== expected) {
      throw new Error(`${variant}: ${key} ${tally[key]} instead of ${expected} in ${operations} operations`);
    }
  }
}
