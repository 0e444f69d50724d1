import type { Scope } from '../core/engine/scope.js';
import type { PoolStats } from './pool-events.js';
import type { PoolLine } from './pool-line.js';
import type { Loans } from './pool-loans.js';
import type { Maker } from './pool-maker.js';
import type { PoolSettings } from './pool-options.js';
import type { Stock } from './pool-stock.js';
import { deadlock, tooManyWaiting } from './pool-words.js';

/** What decides who may wait. */
export interface Admission<T> {
  readonly name: string;
  readonly settings: PoolSettings<T>;
  readonly stock: Stock<T>;
  readonly maker: Maker<T>;
  readonly line: PoolLine;
  readonly loans: Loans<T>;
  readonly stats: PoolStats;
}

/** Why somebody may not wait; null where it may. */
export function refusalToWait<T>(pool: Admission<T>, scope: Scope | null): Error | null {
  const { name, settings, stock, maker, line } = pool;
  // Those for whom there is a place in the pool wait for nobody.
  const room = settings.max - stock.items.size + maker.making + stock.checking;
  if (line.length >= settings.maxWaiting + room) return tooManyWaiting(name, settings.maxWaiting, pool.stats);
  return scope !== null && isStuck(pool, scope) ? deadlock(name, pool.stats) : null;
}

function isStuck<T>({ stock, maker, settings, loans, line }: Admission<T>, scope: Scope): boolean {
  if (stock.items.size < settings.max || maker.making + stock.checking + stock.ending > 0) return false;
  return loans.areStuck(scope, line);
}
