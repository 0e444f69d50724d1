import type { Stock } from './pool-stock.js';

/** Destroys whatever nobody uses. */
export function clear<T>(stock: Stock<T>): void {
  for (const item of stock.items) if (item.state === 'idle' || item.state === 'making') stock.destroy(item, 'closed');
}

/** Destroys what nobody uses and is more than there may be. */
export function shrink<T>(stock: Stock<T>, max: number): void {
  for (const item of stock.items) {
    if (stock.items.size - stock.ending <= max) return;
    if (item.state === 'idle') stock.destroy(item, 'resized');
  }
}

/** Takes those that `predicate` says yes to out of use. Where it throws, nothing is done. */
export function evict<T>(stock: Stock<T>, predicate: (value: T) => boolean): void {
  const made = [...stock.items].filter(({ state }) => state !== 'making' && state !== 'ending');
  for (const item of made.filter(({ value }) => predicate(value))) {
    if (item.state === 'idle') stock.destroy(item, 'evicted');
    else if (item.state !== 'ending') stock.retire(item, 'evicted');
  }
}
