import { Observable, type Subscriber } from 'rxjs';

import { Background } from './engine/background.js';
import { failed, UNSUBSCRIBE } from './engine/exit.js';
import type { Collector } from './engine/scope.js';
import { over } from './engine/unwind.js';
import { findCollector, rxLayer } from './layer.js';

/**
 * An async iterable as an observable (law 32).
 *
 * One `next()` is in flight at most, asked for after the consumer has handled the value before. Unsubscribing calls
 * `return()` at once, once, even while a `next()` is pending, and goes on in the background until it has settled.
 */
export function iterate<T>(source: AsyncIterable<T>): Observable<T> {
  return new Observable<T>((subscriber) => {
    const iteration = new Iteration(source[Symbol.asyncIterator](), subscriber);
    iteration.step();
    return iteration;
  });
}

class Iteration<T> {
  private readonly link: Collector | null;
  private state: 'running' | 'left' | 'ended' = 'running';

  constructor(
    private readonly iterator: AsyncIterator<T>,
    private readonly subscriber: Subscriber<T>,
  ) {
    this.link = findCollector(subscriber);
  }

  step(): void {
    try {
      Promise.resolve(this.iterator.next()).then(
        (result) => {
          this.answered(result);
        },
        (error: unknown) => {
          this.failed(error);
        },
      );
    } catch (error) {
      this.failed(error);
    }
  }

  private answered(result: IteratorResult<T>): void {
    if (this.state !== 'running') return; // late: the consumer has left, `return()` has been called
    if (result.done === true) {
      this.state = 'ended';
      this.subscriber.complete();
      return;
    }
    this.subscriber.next(result.value);
    if (this.isRunning()) this.step();
  }

  private failed(error: unknown): void {
    if (this.state === 'running') {
      this.state = 'ended';
      this.subscriber.error(error);
    } else {
      rxLayer.report(error);
    }
  }

  unsubscribe(): void {
    if (this.state !== 'running') return;
    this.state = 'left';
    const background = new Background(this.link, rxLayer);
    this.close().then(
      () => {
        over(background, UNSUBSCRIBE);
      },
      (error: unknown) => {
        over(background, failed(error));
      },
    );
  }

  /** `return()` is called synchronously; a throw of it is a rejection here. */
  private async close(): Promise<void> {
    await this.iterator.return?.();
  }

  private isRunning(): boolean {
    return this.state === 'running';
  }
}
