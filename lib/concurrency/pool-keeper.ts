import type { Item } from './pool-item.js';

/** Whoever has a stock. */
export interface StockKeeper<T> {
  /** Those who wait. */
  readonly line: { readonly length: number };
  /** Set once it is closing. */
  readonly closing: object | null;
  notMade(error: unknown): void;
  lost(item: Item<T>, error: unknown): void;
  /** One can be lent from now on, until `due` at most. */
  shelved(due: number): void;
  gone(wasMade: boolean, failures: readonly unknown[]): void;
  proceed(): void;
}
