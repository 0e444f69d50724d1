import { Queue } from '../internal/queue.js';
import type { PageLimits } from './page-plan.js';
import type { Slot } from './slot.js';

/** The requests of a run in the order of their pages, up to the one that is handed out next, and how many there were. */
export class PageRow<P, T, C> {
  private readonly slots = new Queue<Slot<P, T, C>>();
  private requested = 0;
  /** Items of all pages requested: as many as there are, or as many as the first page had. */
  private items = 0;
  /** Requests that were made in the wrong place and are not yet answered. */
  private dropped = 0;

  constructor(private readonly limits: PageLimits<P, T>) {}

  get isEmpty(): boolean {
    return this.slots.length === 0;
  }

  get first(): Slot<P, T, C> | undefined {
    return this.slots.peek();
  }

  /** Whether there is room for one more request beyond `asked`, and the limits allow it. */
  hasRoom(asked: number): boolean {
    return this.slots.length + this.dropped < this.limits.prefetch + asked && this.isAllowed();
  }

  isAllowed(): boolean {
    return this.requested < this.limits.maxPages && this.items < this.limits.maxItems;
  }

  request(slot: Slot<P, T, C>): void {
    this.slots.push(slot);
    this.requested++;
    this.items += slot.expected;
  }

  /** Puts in what is told in its turn, and was not requested. */
  add(slot: Slot<P, T, C>): void {
    this.slots.push(slot);
  }

  arrived(slot: Slot<P, T, C>): void {
    if (this.limits.maxItems < Infinity) this.items += slot.items().length - slot.expected;
  }

  take(): Slot<P, T, C> {
    return this.slots.shift();
  }

  clear(): void {
    this.slots.clear();
  }

  /** Drops all that is in it, as if it had not been requested. What is under way takes up room until it is answered. */
  drop(): void {
    while (this.slots.length > 0) {
      const slot = this.slots.shift();
      this.requested--;
      this.items -= slot.state === 'page' ? slot.items().length : slot.expected;
      if (slot.state !== 'open') continue;
      slot.isDropped = true;
      this.dropped++;
    }
  }

  /** A request that was dropped has been answered. */
  passed(): void {
    this.dropped--;
  }
}
