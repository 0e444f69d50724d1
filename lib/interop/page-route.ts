import { CursorGuard, isNoCursor } from './cursor-guard.js';
import type { Ahead, PageCount, PageLimits, PagePlan } from './page-plan.js';
import type { Slot } from './slot.js';

/** The way from page to page: usually each tells where the next one is, sometimes that is known ahead. */
export class PageRoute<P, T, C> {
  /** Whether there is a next request; `unknown` until the page before it is there. */
  state: 'open' | 'unknown' | 'end' = 'open';
  private cursor: C | undefined;
  private ahead: Ahead<C> | null = null;
  private readonly guard: CursorGuard | null;
  private count: PageCount = { length: 0, stride: 0, seen: 0 };

  constructor(
    private readonly plan: PagePlan<P, T, C>,
    private readonly limits: PageLimits<P, T>,
  ) {
    this.cursor = plan.start;
    this.guard = plan.isGuarded ? new CursorGuard() : null;
    if (plan.start !== undefined) this.guard?.sees(plan.start);
  }

  /** How many items the next page will have, as far as that can be known. */
  get expected(): number {
    return this.ahead === null ? 0 : this.count.stride;
  }

  /** Where the next request goes. */
  take(): C | undefined {
    const { cursor, ahead } = this;
    this.cursor = ahead?.(cursor);
    if (ahead === null) this.state = 'unknown';
    else if (this.cursor === undefined) this.state = 'end';
    return cursor;
  }

  /** Where to go on after a page that is there now. */
  after(slot: Slot<P, T, C>): C | undefined {
    if (this.ahead !== null) return this.ahead(slot.at);
    if (this.plan.isCounted) {
      const { length } = slot.allItems();
      const { seen, stride } = this.count;
      this.count = { length, stride: seen === 0 ? length : stride, seen: seen + length };
    }
    const next = this.plan.next(slot.page, slot.at, this.count);
    return isNoCursor(next) ? undefined : next;
  }

  /** Where to go on instead, after a page that was requested ahead and has put all after it in the wrong place. */
  detour(slot: Slot<P, T, C>): C | undefined {
    const { ahead } = this;
    const cursor = ahead?.(slot.at, slot.allItems().length);
    return cursor === ahead?.(slot.at) ? undefined : cursor;
  }

  /** Goes back to a place that was passed over. */
  goBack(cursor: C): void {
    this.cursor = cursor;
    this.state = 'open';
  }

  /** Goes on there, unless it is gone on already. Answers whether that would be in a circle; nobody asks at the end. */
  goOn(cursor: C | undefined, { page, at }: Slot<P, T, C>, isEnd: boolean): boolean {
    const { plan, limits } = this;
    if (this.ahead !== null) return false;
    if (limits.prefetch > 1 && limits.key === undefined) this.ahead = plan.ahead?.(page, at, this.count) ?? null;
    const isLoop = !isEnd && cursor !== undefined && this.guard?.sees(cursor) === true;
    this.cursor = cursor;
    this.state = isEnd || isLoop || cursor === undefined ? 'end' : 'open';
    return isLoop;
  }
}
