import { CapacityError } from '../core/engine/errors.js';
import type { Leaf, Scope } from '../core/engine/scope.js';
import { leaf } from '../core/leaf.js';
import { Resource } from '../core/resource-class.js';
import type { Claim } from './claim.js';
import type { Permits } from './permits.js';

/** Held: `count` permits. Waits for its turn. */
export function permitResource(name: string, permits: Permits, count: number, priority = 0): Resource<void> {
  return new Resource(
    name,
    claimLeaf(permits, (scope) => permits.take(scope, count, priority)),
  );
}

/** The same, but fails at once where it would have to wait. */
export function tryResource(name: string, permits: Permits, count: number): Resource<void> {
  return new Resource(
    name,
    claimLeaf(permits, (scope) => tryClaim(name, permits, scope, count)),
  );
}

/** A claim that is had without waiting. */
export function tryClaim(name: string, permits: Permits, scope: Scope, count: number): Claim {
  const claim = permits.tryTake(scope, count);
  if (claim !== null) return claim;
  const { available, total, line } = permits;
  throw new CapacityError(
    `"${name}" is not free: ${String(count)} wanted, ${String(available)} of ${String(total)} available, ` +
      `${String(line.length)} waiting.`,
    { resource: name },
  );
}

export function claimLeaf(permits: Permits, acquire: Leaf['acquire']): Leaf {
  return leaf({
    interruptible: true,
    acquire,
    entered: () => undefined,
    release: (claim: Claim) => {
      permits.give(claim);
    },
  });
}
