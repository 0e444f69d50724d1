import type { Exit } from '../core/engine/exit.js';
import type { Collector } from '../core/engine/scope.js';
import type { OpenSupply, Supply, Taker } from '../core/supply.js';
import type { PageSource, PageTaker } from './page-plan.js';

/** Pages that something else goes through, one after the other: the paginator of an SDK. */
export class IterableSource<P> implements PageSource<P, never>, Taker<P> {
  private readonly supply: Supply;
  private taker: PageTaker<P> | null = null;

  constructor(open: OpenSupply<P>, link: Collector | null) {
    this.supply = open(this, link);
  }

  request(_cursor: undefined, taker: PageTaker<P>): void {
    this.taker = taker;
    this.supply.ask();
  }

  close(done: (outcome: Exit) => void): void {
    this.supply.close(done);
  }

  next(page: P): void {
    this.taker?.arrive(page);
  }

  error(error: unknown): void {
    this.taker?.error(error);
  }

  complete(): void {
    this.taker?.end();
  }
}
