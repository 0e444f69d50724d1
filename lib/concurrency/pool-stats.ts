import type { PoolStats } from './pool-events.js';
import type { Maker } from './pool-maker.js';
import type { PoolSettings } from './pool-options.js';
import type { Stock } from './pool-stock.js';
import type { Tally } from './tally.js';

/** What the figures of a pool are taken from. */
export interface Counted<T> {
  readonly settings: PoolSettings<T>;
  readonly stock: Stock<T>;
  readonly maker: Maker<T>;
  readonly line: { readonly length: number };
  readonly loans: { readonly size: number };
  readonly tally: Tally;
}

export function poolStats<T>({ settings, stock, maker, line, loans, tally }: Counted<T>): PoolStats {
  const total = stock.items.size;
  const { asked, direct, served, timedOut, left, refused, created, leaked } = tally;
  return Object.freeze({
    max: settings.max,
    min: settings.min,
    total,
    idle: total - stock.lent - maker.making - stock.ending,
    borrowed: stock.lent,
    creating: maker.making,
    destroying: stock.ending,
    waiting: line.length,
    checking: stock.checking,
    leases: loans.size,
    leaked,
    asked,
    direct,
    served,
    timedOut,
    left,
    refused,
    created,
    createFailures: tally.createFailures,
    destroyFailures: tally.destroyFailures,
    destroyed: Object.freeze({ ...tally.destroyed }),
    lastCreateError: tally.lastCreateError,
  });
}
