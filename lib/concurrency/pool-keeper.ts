import type { Item } from './pool-item.js';

/** Whoever has a stock. */
export interface StockKeeper<T> {
  /** Whether one made now is waited for. */
  isWanted(): boolean;
  isClosing(): boolean;
  notMade(error: unknown): void;
  lost(item: Item<T>, error: unknown): void;
  /** One can be lent from now on, until `due` at most. */
  shelved(due: number): void;
  gone(wasMade: boolean, failures: readonly unknown[]): void;
  proceed(): void;
}
