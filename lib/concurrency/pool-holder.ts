import type { Loan } from './loan.js';
import type { PoolHolder } from './pool-events.js';

export function holderOf(loan: Loan<unknown>, poolName: string, now: number): PoolHolder {
  return Object.freeze({
    name: nameOf(loan, poolName),
    heldFor: Math.max(0, now - loan.startedAt(now)),
    stack: loan.stack,
  });
}

function nameOf(loan: Loan<unknown> & { readonly name?: string }, poolName: string): string {
  return loan.scope?.name ?? loan.name ?? poolName;
}
