import { Observable, type MonoTypeOperatorFunction, type Subscriber } from 'rxjs';

import { Background } from './engine/background.js';
import type { Exit } from './engine/exit.js';
import type { Collector, Scope } from './engine/scope.js';
import { settle } from './engine/unwind.js';
import { findCollector, rxLayer } from './layer.js';
import { ReleaseWaiter } from './release-waiter.js';

/**
 * Holds back completion and errors until every scope upstream has finished releasing.
 *
 * ```marbles await-release
 * file          ^----!--|  unsubscribe
 * take(2)       --1--(2|)
 * awaitRelease  --1--2--|
 * ```
 *
 * A scope holds back its own end; but operators after it may end the stream sooner: `take`, `switchMap`, `timeout`,
 * `race`, a failing neighbour. Put this after them.
 *
 * **Guarantees.** It works through any operator between it and the scopes, for scopes subscribed later and for those
 * left long before the end; values are never delayed (law 16). Through `share` and other multicasts it sees what is
 * connected and left inside its own subscribe and unsubscribe.
 *
 * **Cancellation.** Unsubscribing passes on what is still being released to whoever waits further down. **Errors.** A
 * failed background release becomes the stream's error, or a `SuppressedError` with it (law 12).
 *
 * @example
 * ```ts
 * import { lastValueFrom, take } from 'rxjs';
 * import { awaitRelease, resource, use } from 'rxscope';
 *
 * const log: string[] = [];
 * const file = resource({ acquire: () => 'row', release: async () => log.push('closed') });
 * await lastValueFrom(file.pipe(use((row) => [row, row]), take(1), awaitRelease())); // => 'row'
 * log; // => ['closed']
 * ```
 */
export function awaitRelease<T>(): MonoTypeOperatorFunction<T> {
  return (source) =>
    new Observable<T>((consumer) => {
      const waiting = new AwaitingSubscriber<T>(consumer);
      waiting.connect(source);
    });
}

/** A consumer's stream that waits for the releases upstream. */
export class AwaitingSubscriber<T> extends ReleaseWaiter<T> {
  readonly link: Collector | null;
  private background: Background | null = null;

  constructor(private readonly consumer: Subscriber<T>) {
    super(consumer);
    this.link = findCollector(consumer);
  }

  override unsubscribe(): void {
    if (this.closed) return;
    this.isStopped = true;
    this.tearDown();
    this.leave();
  }

  protected override emit(value: T): void {
    this.consumer.next(value);
  }

  protected override end(exit: Exit): void {
    super.end(exit);
    // The subscriber has closed, so that the consumer no longer finds it: something else stays there for it.
    if (this.state === 'ending') {
      this.consumer.add(() => {
        this.leave();
      });
    }
  }

  protected tell(outcome: Exit): Scope | null {
    if (this.background !== null) return this.background.end(outcome, settle);
    if (outcome.kind === 'error') this.consumer.error(outcome.error);
    else if (outcome.kind === 'complete') this.consumer.complete();
    return null;
  }

  /** The consumer has gone; the end it would have been told is dropped, failed releases are not. */
  protected leave(): void {
    if (this.state === 'left' || this.state === 'over') return;
    if (this.pending === 0 && this.failures === null) {
      this.state = 'over';
      return;
    }
    this.state = 'left';
    this.background = new Background(this.link, rxLayer, this);
    if (this.pending > 0) return;
    const waiting = this.conclude();
    if (waiting !== null) settle(waiting);
  }
}
