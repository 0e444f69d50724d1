import { Observable, Subscriber, type MonoTypeOperatorFunction } from 'rxjs';

import { Background, route } from './engine/background.js';
import { afterFailure, COMPLETE, failed, UNSUBSCRIBE, type Exit } from './engine/exit.js';
import type { Collector, Scope } from './engine/scope.js';
import { shared } from './engine/shared.js';
import { settle } from './engine/unwind.js';
import { collectorKey, findCollector, inExtent, rxLayer } from './layer.js';

/**
 * Holds back completion and errors until every scope upstream has finished releasing.
 *
 *     scopes        -[a]-[b]-[c]      each left when the next comes, releasing for 3 frames
 *     switchMap     --1---2---3|
 *     awaitRelease  --1---2---3---|
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

class AwaitingSubscriber<T> extends Subscriber<T> implements Collector {
  pending = 0;
  private readonly link: Collector | null;
  private readonly outer = shared.current;
  private state: 'connecting' | 'open' | 'waiting' | 'left' | 'over' = 'connecting';
  private exit: Exit = UNSUBSCRIBE;
  private failures: unknown[] = [];
  private background: Background | null = null;

  constructor(private readonly consumer: Subscriber<T>) {
    super(consumer);
    this.link = findCollector(consumer);
  }

  get [collectorKey](): Collector {
    return this;
  }

  get collecting(): boolean {
    return this.state !== 'over';
  }

  connect(source: Observable<T>): void {
    inExtent(this, () => source.subscribe(this));
    if (this.state === 'connecting') this.state = 'open';
  }

  collect(failure: unknown): void {
    this.failures.push(failure);
  }

  idle(): Scope | null {
    if (this.state === 'waiting') this.deliver();
    else if (this.state === 'left') return this.giveBack();
    return null;
  }

  override unsubscribe(): void {
    if (this.closed) return;
    this.isStopped = true;
    this.tearDown();
    this.leave();
  }

  protected override _next(value: T): void {
    if (this.state === 'connecting') {
      inExtent(this.outer, () => {
        this.destination.next(value);
      });
    } else {
      this.destination.next(value);
    }
  }

  protected override _error(error: unknown): void {
    this.end(failed(error));
  }

  protected override _complete(): void {
    this.end(COMPLETE);
  }

  private end(exit: Exit): void {
    this.exit = exit;
    this.state = 'waiting';
    // The subscriber closes here, so that the consumer would no longer find it: something else stays with it.
    this.tearDown();
    if (this.pending === 0) this.deliver();
    else this.consumer.add(() => { this.leave(); }); // prettier-ignore
  }

  private tearDown(): void {
    try {
      inExtent(this, () => {
        super.unsubscribe();
      });
    } catch (error) {
      this.failures.push(error);
    }
  }

  private deliver(): void {
    this.state = 'over';
    let outcome = this.exit;
    for (const failure of this.failures) outcome = afterFailure(outcome, failure);
    if (outcome.kind === 'error') this.consumer.error(outcome.error);
    else this.consumer.complete();
  }

  /** The consumer has gone; the end it would have been told is dropped, failed releases are not. */
  private leave(): void {
    if (this.state === 'left' || this.state === 'over') return;
    this.state = 'left';
    if (this.pending > 0) {
      this.background = new Background(this.link, rxLayer);
      return;
    }
    this.state = 'over';
    for (const failure of this.failures) route(failure, this.link, rxLayer);
  }

  private giveBack(): Scope | null {
    this.state = 'over';
    let outcome = UNSUBSCRIBE;
    for (const failure of this.failures) outcome = afterFailure(outcome, failure);
    return this.background?.end(outcome, settle) ?? null;
  }
}
