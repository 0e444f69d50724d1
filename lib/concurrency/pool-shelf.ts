import type { Item } from './pool-item.js';

/** Those that can be lent, the one used last at the end. Adding and removing take constant time and no memory. */
export class Shelf<T> {
  first: Item<T> | null = null;
  last: Item<T> | null = null;

  constructor(private readonly order: 'lifo' | 'fifo') {}

  /** Which one is lent next. */
  get next(): Item<T> | null {
    return this.order === 'lifo' ? this.last : this.first;
  }

  /** Nobody uses it any more. Answers when it has to be looked at again. */
  put(item: Item<T>, now: number, wasUsed: boolean): number {
    this.remove(item); // one that may be shared has been there while somebody used it
    item.state = 'idle';
    if (wasUsed) {
      item.idleSince = now;
      item.idleUntil = now + item.idleFor;
    }
    item.keepAliveAt = now + item.keepAliveEvery;
    let before = this.last;
    while (before !== null && before.idleSince > item.idleSince) before = before.before; // it keeps its place
    this.insert(item, before);
    return Math.min(item.idleUntil, item.expiresAt, item.keepAliveAt);
  }

  /** One that others still use can be lent again. */
  add(item: Item<T>): void {
    if (!item.isListed) this.insert(item, this.last);
  }

  remove(item: Item<T>): void {
    if (!item.isListed) return;
    const { before, after } = item;
    item.isListed = false;
    if (before === null) this.first = after;
    else before.after = after;
    if (after === null) this.last = before;
    else after.before = before;
    item.before = item.after = null;
  }

  private insert(item: Item<T>, before: Item<T> | null): void {
    const after = before === null ? this.first : before.after;
    item.isListed = true;
    item.before = before;
    item.after = after;
    if (before === null) this.first = item;
    else before.after = item;
    if (after === null) this.last = item;
    else after.before = item;
  }
}
