import { Background, route } from '../core/engine/background.js';
import { failed, UNSUBSCRIBE, type Exit } from '../core/engine/exit.js';
import type { Collector } from '../core/engine/scope.js';
import { over } from '../core/engine/unwind.js';
import type { IterationContext } from '../core/iteration-context.js';
import { rxLayer } from '../core/layer.js';
import type { Supply, Taker } from '../core/supply.js';

/** One run through an iterator that answers at once: no promise comes in between (law 17). */
export class SyncSupply<T> implements Supply {
  private isRunning = true;
  /** Whether the iterator's own code runs. It can be left from there, but a running generator cannot be closed. */
  private isStepping = false;
  /** Who is told once it is closed. Null unless it was left. */
  private closed: ((outcome: Exit) => void) | null = null;

  constructor(
    private readonly iterator: Iterator<T>,
    private readonly taker: Taker<T>,
    private readonly link: Collector | null,
    private readonly context: IterationContext | null,
  ) {}

  ask(): void {
    if (!this.isRunning) return;
    let isDone: boolean;
    let value: T;
    this.isStepping = true;
    try {
      const result: unknown = this.iterator.next();
      if (typeof result !== 'object' || result === null) {
        throw new TypeError(`Expected an iterator result, an object, received ${String(result)}.`);
      }
      isDone = (result as IteratorResult<T>).done === true;
      value = isDone ? (undefined as T) : (result as IteratorYieldResult<T>).value;
    } catch (error) {
      this.isStepping = false;
      this.failed(error);
      return;
    }
    this.isStepping = false;
    if (this.closed !== null) this.leave(isDone);
    else if (isDone) this.end();
    else this.taker.next(value);
  }

  unsubscribe(): void {
    if (!this.isRunning) return;
    if (this.isStepping) {
      const background = new Background(this.link, rxLayer);
      this.close((outcome) => {
        over(background, outcome);
      });
    } else {
      this.close((outcome) => {
        if (outcome.kind === 'error') route(outcome.error, this.link, rxLayer);
      });
    }
  }

  close(done: (outcome: Exit) => void): void {
    if (!this.isRunning) {
      done(UNSUBSCRIBE);
      return;
    }
    this.isRunning = false;
    this.closed = done;
    this.context?.abort('The iteration was unsubscribed.');
    if (!this.isStepping) this.leave(false);
  }

  private end(): void {
    this.isRunning = false;
    this.taker.complete();
  }

  private failed(error: unknown): void {
    if (this.closed !== null) {
      this.closed(this.context?.explains(error) === true ? UNSUBSCRIBE : failed(error));
      return;
    }
    this.isRunning = false;
    this.taker.error(error);
  }

  /** Closes the iterator, unless it has ended by itself, and tells how that went. */
  private leave(hasEnded: boolean): void {
    let outcome = UNSUBSCRIBE;
    try {
      if (!hasEnded) this.iterator.return?.();
    } catch (error) {
      outcome = failed(error);
    }
    this.closed?.(outcome);
  }
}
