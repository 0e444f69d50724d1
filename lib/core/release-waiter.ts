import { Subscriber, type Observable, type TeardownLogic } from 'rxjs';

import { afterFailure, COMPLETE, failed, UNSUBSCRIBE, type Exit } from './engine/exit.js';
import { noteReleaseFailure } from './engine/release-failure.js';
import type { Collector, Scope } from './engine/scope.js';
import { currentCollector, shared } from './engine/shared.js';
import { collectorKey, rxLayer } from './layer.js';
import { unwrapped } from './teardown-slot.js';

/**
 * Subscribes to a source and keeps its end back until every release upstream has finished, also of what was left
 * long before (laws 12 and 16). Who is told the end is up to the heirs: the rest of a stream, or a promise.
 */
export abstract class ReleaseWaiter<T> extends Subscriber<T> implements Collector {
  pending = 0;
  /** `ending`: the source has ended, or has been left on the waiter's own account; `left`: nobody waits any more. */
  protected state: 'open' | 'ending' | 'left' | 'over' = 'open';
  /** Whether the source's own subscribe is running: what there is to tear down of it is not known before that returns. */
  private connecting = false;
  /** Whether the source is being left just now: more may have to be waited for than what is over already. */
  private tearing = false;
  /** Failed releases upstream, in their order. */
  protected failures: unknown[] | null = null;
  private exit: Exit = UNSUBSCRIBE;
  abstract readonly link: Collector | null;
  readonly outer = currentCollector();

  get [collectorKey](): Collector {
    return this;
  }

  get collecting(): boolean {
    return this.state !== 'over';
  }

  connect(source: Observable<T>): void {
    const { current, crossed } = shared;
    shared.current = this;
    shared.crossed = 0;
    this.connecting = true;
    try {
      source.subscribe(this);
    } finally {
      shared.current = current;
      shared.crossed = crossed;
    }
    this.connecting = false;
    if (this.state === 'ending' && this.pending === 0) this.conclude();
  }

  /** What is added after the end is torn down at once; RxJS would swallow what that throws. */
  override add(teardown: TeardownLogic): void {
    try {
      super.add(teardown);
    } catch (error) {
      if (this.collecting) this.collect(error);
      else rxLayer.report(error);
    }
  }

  collect(failure: unknown): void {
    (this.failures ??= []).push(failure);
  }

  idle(): Scope | null {
    if (this.state === 'left') return this.conclude();
    return this.state === 'ending' && !this.connecting && !this.tearing ? this.conclude() : null;
  }

  /** The end, with what was told and what has failed since. Answers the scope that can go on now. */
  protected abstract tell(outcome: Exit): Scope | null;

  /** Ends it: stops the source, then waits for what is still being released. */
  protected end(exit: Exit): void {
    this.exit = exit;
    this.state = 'ending';
    this.tearDown();
    if (this.pending === 0 && !this.connecting) this.conclude();
  }

  protected tearDown(): void {
    const { current, crossed } = shared;
    shared.current = this;
    shared.crossed = 0;
    this.tearing = true;
    try {
      super.unsubscribe();
    } catch (error) {
      this.collect(unwrapped(error));
    } finally {
      this.tearing = false;
      shared.current = current;
      shared.crossed = crossed;
    }
  }

  protected conclude(): Scope | null {
    let outcome = this.state === 'left' ? UNSUBSCRIBE : this.exit;
    this.state = 'over';
    for (const failure of this.failures ?? []) {
      noteReleaseFailure(failure);
      outcome = afterFailure(outcome, failure);
    }
    return this.tell(outcome);
  }

  /** Hands a value out. What is opened by who gets it is not part of this source. */
  protected override _next(value: T): void {
    if (!this.connecting) {
      this.emit(value);
      return;
    }
    shared.crossed++;
    this.emit(value);
    shared.crossed--;
  }

  protected abstract emit(value: T): void;

  protected override _error(error: unknown): void {
    this.end(failed(error));
  }

  protected override _complete(): void {
    this.end(COMPLETE);
  }
}
