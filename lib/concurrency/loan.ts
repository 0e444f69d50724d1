import type { Scope } from '../core/engine/scope.js';
import { Claim, type ClaimSource } from './claim.js';
import type { Item } from './pool-item.js';

/** A handle in the hands of a borrower: the token of its scope. */
export class Loan<T> extends Claim {
  /** Where it was borrowed, where leaks are looked for. */
  stack: string | null = null;
  /** Whether it was told as a leak. */
  isOverdue = false;

  constructor(
    source: ClaimSource,
    scope: Scope | null,
    readonly item: Item<T>,
  ) {
    super(source, scope, 1);
  }
}
