import { EmptyError, Subscriber } from 'rxjs';

import type { Collector } from '../core/engine/scope.js';
import { collectorKey } from '../core/layer.js';
import type { PageTaker } from './page-plan.js';

/** Takes the first value of an observable that a fetch returned. */
export class Following<P> extends Subscriber<P> {
  constructor(
    private readonly taker: PageTaker<P>,
    private readonly collector: Collector,
  ) {
    super();
  }

  get [collectorKey](): Collector {
    return this.collector;
  }

  stop(): void {
    try {
      this.unsubscribe();
    } catch (error) {
      this.collector.collect(error);
    }
  }

  protected override _next(page: P): void {
    this.stop();
    this.taker.arrive(page);
  }

  protected override _error(error: unknown): void {
    this.stop();
    this.taker.error(error);
  }

  protected override _complete(): void {
    this.stop();
    this.taker.error(new EmptyError());
  }
}
