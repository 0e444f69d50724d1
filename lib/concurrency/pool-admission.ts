import type { Scope } from '../core/engine/scope.js';
import type { PoolStats } from './pool-events.js';
import type { PoolLine } from './pool-line.js';
import type { Loans } from './pool-loans.js';
import type { PoolSettings } from './pool-options.js';
import type { Stock } from './pool-stock.js';
import { deadlock, tooManyWaiting } from './pool-words.js';

/** What decides who may wait. */
export interface Admission<T> {
  readonly name: string;
  readonly settings: PoolSettings<T>;
  readonly stock: Stock<T>;
  readonly line: PoolLine;
  readonly loans: Loans<T>;
  readonly stats: PoolStats;
}

/** Why somebody may not wait; null where it may. */
export function refusalToWait<T>(pool: Admission<T>, scope: Scope | null): Error | null {
  const { name, settings, stock, line } = pool;
  // Those for whom there is a place in the pool wait for nobody.
  const free = Math.max(0, settings.max - stock.lent - stock.ending);
  const room = free === 0 ? 0 : free * settings.concurrency;
  if (line.length >= settings.maxWaiting + room) return tooManyWaiting(name, settings.maxWaiting, pool.stats);
  return scope !== null && isStuck(pool, scope) ? deadlock(name, pool.stats) : null;
}

function isStuck<T>({ stock, settings, loans, line }: Admission<T>, scope: Scope): boolean {
  if (stock.idle.first !== null || stock.lent < settings.max) return false;
  return loans.areStuck(scope, line);
}
