import { Background } from '../core/engine/background.js';
import { CursorLoopError } from '../core/engine/errors.js';
import { COMPLETE, UNSUBSCRIBE, type Exit } from '../core/engine/exit.js';
import type { Collector } from '../core/engine/scope.js';
import { over } from '../core/engine/unwind.js';
import { rxLayer } from '../core/layer.js';
import { tellEnd, type Supply, type Taker } from '../core/supply.js';
import { describeCursor } from './cursor-guard.js';
import { PageBorder } from './page-border.js';
import { PageRoute } from './page-route.js';
import { PageRow } from './page-row.js';
import type { Entry, PageLimits, PagePlan, PageSource } from './page-plan.js';
import { Slot, type Run } from './slot.js';

/**
 * One run through the pages: requests those that are asked for, and `prefetch` beyond (law 34).
 *
 * Requests stand in a row of slots. Usually the cursor of the next one is in the page before, so that at most one is under
 * way; where cursors are known ahead there are several, and their pages are handed out in the order of the row.
 */
export class Pager<P, T, C> implements Supply, Run<P, T, C> {
  private readonly row: PageRow<P, T, C>;
  private readonly source: PageSource<P, C>;
  private readonly route: PageRoute<P, T, C>;
  private readonly border: PageBorder<T> | null;
  private isAsked = false;
  private isLooping = false;
  private state: 'running' | 'closing' | 'over' = 'running';
  private settled: (outcome: Exit) => void = nothing;

  constructor(
    private readonly plan: PagePlan<P, T, C>,
    private readonly limits: PageLimits<P, T>,
    private readonly taker: Taker<Entry<P, T, C>>,
    private readonly link: Collector | null,
    private readonly takesItems: boolean,
  ) {
    this.row = new PageRow(limits);
    this.route = new PageRoute(plan, limits);
    this.border = limits.key === undefined ? null : new PageBorder(limits.key);
    this.source = plan.open(link);
  }

  ask(): void {
    this.isAsked = true;
    this.proceed();
  }

  unsubscribe(): void {
    if (this.state === 'over') return;
    const background = new Background(this.link, rxLayer);
    this.close((outcome) => {
      over(background, outcome);
    });
  }

  close(done: (outcome: Exit) => void): void {
    const { state } = this;
    if (state === 'over') {
      done(UNSUBSCRIBE);
      return;
    }
    this.state = 'over';
    this.settled = done;
    if (state === 'running') this.leave();
  }

  /** Does what can be done now. A loop where answers come at once, so that it needs no more stack for many pages. */
  proceed(): void {
    if (this.isLooping) return;
    this.isLooping = true;
    while (this.state === 'running' && this.step());
    this.isLooping = false;
  }

  itemsOf(page: P): Iterable<T> {
    return this.plan.items(page);
  }

  fresh(items: readonly T[]): readonly T[] {
    return this.border?.fresh(items) ?? items;
  }

  arrived(slot: Slot<P, T, C>): void {
    const { limits, route } = this;
    const cursor = route.after(slot);
    slot.cursor = this.plan.isOpaque === true ? undefined : cursor;
    if (limits.stopOnEmpty && slot.allItems().length === 0) slot.state = 'end';
    else if (this.takesItems) slot.items(); // here, where what it throws is the failure of this page
    this.row.arrived(slot);
    slot.isLast = slot.state === 'end' || limits.until?.(slot.page) === true;
    if (slot.isLast) this.stop();
    else slot.detour = route.detour(slot);
    if (slot.detour !== undefined) slot.cursor = slot.detour;
    if (!route.goOn(cursor, slot, slot.isLast || !this.row.isAllowed())) return;
    if (limits.repeatedCursor === 'stop') {
      slot.cursor = undefined;
      return;
    }
    const message = `The cursor ${describeCursor(cursor)} was handed out before.`;
    const loop = new Slot<P, T, C>(this, cursor, 0);
    loop.fail(new CursorLoopError(message, { resource: 'paginate' }));
    this.row.add(loop);
  }

  stop(): void {
    this.route.state = 'end';
  }

  passed(): void {
    this.row.passed();
    this.proceed();
  }

  private step(): boolean {
    const { row, route } = this;
    if (route.state === 'open' && row.hasRoom(this.isAsked ? 1 : 0)) {
      this.request();
      return true;
    }
    if (!this.isAsked || (row.isEmpty ? route.state === 'unknown' : row.first?.state === 'open')) return false;
    this.isAsked = false;
    if (row.isEmpty) this.end(COMPLETE);
    else this.hand(row.take());
    return true;
  }

  private request(): void {
    const { expected } = this.route;
    const cursor = this.route.take();
    const slot = new Slot<P, T, C>(this, cursor, expected);
    this.row.request(slot);
    this.source.request(cursor, slot);
  }

  private hand(slot: Slot<P, T, C>): void {
    const { state, isLast, detour } = slot;
    if (typeof state === 'object') this.end(state);
    else if (state === 'end') this.end(COMPLETE);
    else {
      if (isLast || detour !== undefined) this.row.drop();
      if (isLast) this.stop();
      else if (detour !== undefined) this.route.goBack(detour);
      this.taker.next(slot);
    }
  }

  private end(outcome: Exit): void {
    this.state = 'closing';
    this.settled = (closing) => {
      this.state = 'over';
      tellEnd(this.taker, outcome, closing);
    };
    this.leave();
  }

  private leave(): void {
    this.row.clear();
    this.source.close((outcome) => {
      this.settled(outcome);
    });
  }
}

function nothing(): void {
  // nobody waits
}
