import type { Claim } from './claim.js';
import type { Permits } from './permits.js';
import { UPGRADE_PERMITS } from './rw-permits.js';
import type { Waiting } from './waiting.js';

/** How a read-write lock is held. */
export type RwLockMode = 'read' | 'write' | 'upgradable' | 'upgrade';

/** One who holds a read-write lock. One who upgrades is there twice: for what it holds anyway, and for the upgrade. */
export interface RwLockHolder {
  /** Name of the resource it was entered through; `named()` gives it a better one. */
  readonly name: string;
  readonly mode: RwLockMode;
  /** Milliseconds since it was let in. */
  readonly heldFor: number;
}

/** One who waits for a read-write lock. */
export interface RwLockWaiter {
  readonly name: string;
  readonly mode: RwLockMode;
  /** Milliseconds since it came. */
  readonly waitingFor: number;
}

/** What a read-write lock is at just now. A frozen copy. */
export interface RwLockStats {
  /** Who is in, in the order of being let in. */
  readonly holders: readonly RwLockHolder[];
  /** Who waits, in the order in which they are served; those who wait to be the one that may upgrade at the end. */
  readonly waiters: readonly RwLockWaiter[];
}

export function rwLockStats(permits: Permits, intent: Permits): RwLockStats {
  const now = permits.now();
  const upgradable = intent.claims.earliest?.scope ?? null;
  const holders = permits.claims.all().map((claim) =>
    Object.freeze({
      name: claim.scope?.name ?? permits.name,
      mode: modeOf(claim, claim.scope === upgradable && upgradable !== null),
      heldFor: Math.max(0, now - claim.startedAt(now)),
    }),
  );
  const waiters = [...permits.line.all(), ...intent.line.all()].map((waiting, index) =>
    Object.freeze({
      name: waiting.scope?.name ?? permits.name,
      mode: modeOf(waiting, waiting.scope === upgradable || index >= permits.line.length),
      waitingFor: Math.max(0, now - waiting.startedAt(now)),
    }),
  );
  return Object.freeze({ holders: Object.freeze(holders), waiters: Object.freeze(waiters) });
}

function modeOf(one: Claim | Waiting, isUpgradable: boolean): RwLockMode {
  if (one.count === UPGRADE_PERMITS) return 'upgrade';
  if (one.count > 1) return 'write';
  return isUpgradable ? 'upgradable' : 'read';
}
