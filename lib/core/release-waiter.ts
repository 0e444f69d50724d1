import { Subscriber, type Observable } from 'rxjs';

import { afterFailure, COMPLETE, failed, UNSUBSCRIBE, type Exit } from './engine/exit.js';
import type { Collector, Scope } from './engine/scope.js';
import { shared } from './engine/shared.js';
import { collectorKey, inExtent } from './layer.js';

/**
 * Subscribes to a source and keeps its end back until every release upstream has finished, also of what was left
 * long before (laws 12 and 16). Who is told the end is up to the heirs: the rest of a stream, or a promise.
 */
export abstract class ReleaseWaiter<T> extends Subscriber<T> implements Collector {
  pending = 0;
  /** `ending`: the source has ended, or has been left on the waiter's own account; `left`: nobody waits any more. */
  protected state: 'connecting' | 'open' | 'ending' | 'left' | 'over' = 'connecting';
  /** Failed releases upstream, in their order. */
  protected failures: unknown[] | null = null;
  private exit: Exit = UNSUBSCRIBE;
  private readonly outer = shared.current;

  get [collectorKey](): Collector {
    return this;
  }

  get collecting(): boolean {
    return this.state !== 'over';
  }

  connect(source: Observable<T>): void {
    const { current } = shared;
    shared.current = this;
    try {
      source.subscribe(this);
    } finally {
      shared.current = current;
    }
    if (this.state === 'connecting') this.state = 'open';
  }

  collect(failure: unknown): void {
    (this.failures ??= []).push(failure);
  }

  idle(): Scope | null {
    return this.state === 'ending' || this.state === 'left' ? this.conclude() : null;
  }

  /** The end, with what was told and what has failed since. Answers the scope that can go on now. */
  protected abstract tell(outcome: Exit): Scope | null;

  /** Ends it: stops the source, then waits for what is still being released. */
  protected end(exit: Exit): void {
    this.exit = exit;
    this.state = 'ending';
    this.tearDown();
    if (this.pending === 0) this.conclude();
  }

  protected tearDown(): void {
    const { current } = shared;
    shared.current = this;
    try {
      super.unsubscribe();
    } catch (error) {
      this.collect(error);
    } finally {
      shared.current = current;
    }
  }

  protected conclude(): Scope | null {
    let outcome = this.state === 'left' ? UNSUBSCRIBE : this.exit;
    this.state = 'over';
    if (this.failures !== null) for (const failure of this.failures) outcome = afterFailure(outcome, failure);
    return this.tell(outcome);
  }

  /** Runs `emit` as if outside the source's own subscribe: what the consumer opens there is none of ours. */
  protected outside(emit: () => void): void {
    if (this.state === 'connecting') inExtent(this.outer, emit);
    else emit();
  }

  protected override _error(error: unknown): void {
    this.end(failed(error));
  }

  protected override _complete(): void {
    this.end(COMPLETE);
  }
}
