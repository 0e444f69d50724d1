import type { Stock } from './pool-stock.js';

/** Destroys whatever nobody uses, the newest first. */
export function clear<T>(stock: Stock<T>): void {
  for (const item of [...stock.items].reverse()) {
    if (item.state === 'idle' || item.state === 'making') stock.destroy(item, 'closed');
  }
}

/** Destroys what nobody uses and is more than there may be. */
export function shrink<T>(stock: Stock<T>, max: number): void {
  for (const item of stock.items) {
    if (stock.items.size - stock.ending <= max) return;
    if (item.state === 'idle') stock.destroy(item, 'resized');
  }
}

/** Takes those that `predicate` says yes to out of use, or all, those being made included. Where it throws, nothing is done. */
export function evict<T>(stock: Stock<T>, predicate: ((value: T) => boolean) | null): void {
  const chosen = [...stock.items].filter(
    ({ state, value }) => predicate === null || (state !== 'making' && state !== 'ending' && predicate(value)),
  );
  for (const item of chosen) {
    if (item.state === 'idle') stock.destroy(item, 'evicted');
    else if (item.state !== 'ending') stock.retire(item, 'evicted');
  }
}
