import { route } from '../core/engine/background.js';
import { failed, UNSUBSCRIBE, type Exit } from '../core/engine/exit.js';
import type { Collector } from '../core/engine/scope.js';
import type { IterationContext } from '../core/iteration-context.js';
import { rxLayer } from '../core/layer.js';
import type { Supply, Taker } from '../core/supply.js';

/** One run through an iterator that answers at once: no promise comes in between (law 17). */
export class SyncSupply<T> implements Supply {
  private isRunning = true;

  constructor(
    private readonly iterator: Iterator<T>,
    private readonly taker: Taker<T>,
    private readonly link: Collector | null,
    private readonly context: IterationContext | null,
  ) {}

  ask(): void {
    if (!this.isRunning) return;
    let result: IteratorResult<T>;
    try {
      result = this.iterator.next();
    } catch (error) {
      this.isRunning = false;
      this.taker.error(error);
      return;
    }
    if (result.done !== true) {
      this.taker.next(result.value);
      return;
    }
    this.isRunning = false;
    this.taker.complete();
  }

  unsubscribe(): void {
    this.close((outcome) => {
      if (outcome.kind === 'error') route(outcome.error, this.link, rxLayer);
    });
  }

  close(done: (outcome: Exit) => void): void {
    let outcome = UNSUBSCRIBE;
    if (this.isRunning) {
      this.isRunning = false;
      this.context?.abort('The iteration was unsubscribed.');
      try {
        this.iterator.return?.();
      } catch (error) {
        outcome = failed(error);
      }
    }
    done(outcome);
  }
}
