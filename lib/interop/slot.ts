import { failed, type Exit } from '../core/engine/exit.js';
import type { Entry, PageTaker } from './page-plan.js';

/** What a slot needs of its run. */
export interface Run<P, T, C> {
  /** The page is there; what is thrown here is the failure of the slot. */
  arrived(slot: Slot<P, T, C>): void;
  /** Nothing more is requested. */
  stop(): void;
  itemsOf(page: P): Iterable<T>;
  fresh(items: readonly T[]): readonly T[];
  proceed(): void;
  /** A request that was dropped has been answered. */
  passed(): void;
}

/** One request, and what came of it. */
export class Slot<P, T, C> implements PageTaker<P>, Entry<P, T, C> {
  page!: P;
  cursor: C | undefined = undefined;
  /** Where to go on, if what was requested after it is in the wrong place. */
  detour: C | undefined = undefined;
  /** Whether it was requested in the wrong place, so that nobody wants to have what comes of it. */
  isDropped = false;
  /** Whether nothing is to come after it. */
  isLast = false;
  state: 'open' | 'page' | 'end' | Extract<Exit, { kind: 'error' }> = 'open';
  private all: readonly T[] | null = null;
  private kept: readonly T[] | null = null;

  constructor(
    private readonly run: Run<P, T, C>,
    /** Where the page is. */
    readonly at: C | undefined,
    /** How many items were counted for it beforehand. */
    readonly expected: number,
  ) {}

  arrive(page: P): void {
    if (this.isDropped) {
      this.run.passed();
      return;
    }
    this.page = page;
    this.state = 'page';
    try {
      this.run.arrived(this);
    } catch (error) {
      this.fail(error);
    }
    this.run.proceed();
  }

  end(): void {
    this.state = 'end';
    this.run.proceed();
  }

  error(error: unknown): void {
    if (this.isDropped) {
      this.run.passed();
      return;
    }
    this.fail(error);
    this.run.proceed();
  }

  fail(error: unknown): void {
    this.state = failed(error) as Extract<Exit, { kind: 'error' }>;
    this.run.stop();
  }

  items(): readonly T[] {
    return (this.kept ??= this.run.fresh(this.allItems()));
  }

  /** Also those that were on the page before. */
  allItems(): readonly T[] {
    if (this.all === null) {
      const items = this.run.itemsOf(this.page);
      this.all = Array.isArray(items) ? (items as readonly T[]) : [...items];
    }
    return this.all;
  }
}
