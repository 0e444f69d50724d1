import { DeadlockError } from '../core/engine/errors.js';
import type { Scope } from '../core/engine/scope.js';
import { heldAround } from './held-around.js';
import type { Permits } from './permits.js';

/** A reader takes one permit, a writer all of them: strict order of arrival then is the whole of a read-write lock. */
export const ALL_PERMITS = 2 ** 30;

/** What a reader has to take to become the writer. */
export const UPGRADE_PERMITS = ALL_PERMITS - 1;

/** Before all who wait. */
export const UPGRADING = 1;

/** Before those too: who upgrades waits for the scope that this one is inside of. */
const INSIDE = 2;

/** Takes permits, or waits for them. Refuses what the scopes around it would keep waiting for ever. */
export function enterRwLock(permits: Permits, scope: Scope, count: number): unknown {
  const claim = permits.tryTake(scope, count);
  if (claim !== null) return claim;
  const held = heldAround(scope, permits);
  if (held + count > ALL_PERMITS) throw deadlock(permits.name, count, held);
  return permits.take(scope, count, priorityOf(count, held));
}

/** A reader inside a scope that reads, where it need not wait. */
export function readInside(permits: Permits, scope: Scope): unknown {
  const isInside = permits.available > 0 && heldAround(scope, permits) > 0;
  return isInside ? permits.take(scope, 1, INSIDE) : null;
}

function priorityOf(count: number, held: number): number {
  if (count === UPGRADE_PERMITS) return UPGRADING;
  return held > 0 ? INSIDE : 0;
}

function deadlock(name: string, count: number, held: number): DeadlockError {
  const does = (permits: number, verb: string): string =>
    permits < UPGRADE_PERMITS ? `${verb}read` : `${verb}written`;
  return new DeadlockError(
    `"${name}" would wait to be ${does(count, '')} inside a scope in which it is ${does(held, 'being ')}, ` +
      'and could be only after that has ended. Enter `write` around both, or read with `upgradable`.',
    { resource: name },
  );
}
