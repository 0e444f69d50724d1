import { Subscriber } from 'rxjs';

import { route } from './engine/background.js';
import { afterFailure, failed, UNSUBSCRIBE, type Exit } from './engine/exit.js';
import { Holding } from './engine/holding.js';
import type { Collector } from './engine/scope.js';
import { findCollector, rxLayer } from './layer.js';
import { isNews } from './outcome.js';
import { nodeOf, type Resource } from './resource-class.js';

/** One subscription of `switchResource`: what is held, what is being entered, and what is being released. */
export class Switching<S, T> {
  readonly upstream: Subscriber<S>;
  private readonly link: Collector | null;
  private index = 0;
  /** The one whose handle was emitted last, the one that is being entered, and all that have not gone yet. */
  private held: Holding | null = null;
  private incoming: Holding | null = null;
  private readonly open = new Set<Holding>();
  /** To be entered as soon as nothing is being released. */
  private queued: Resource<T> | null = null;
  private releasing = 0;
  private completed = false;
  private failure: Exit | null = null;
  private releaseFailed = false;
  private left = false;

  constructor(
    private readonly consumer: Subscriber<T>,
    private readonly project: (value: S, index: number) => Resource<T>,
    private readonly overlap: boolean,
  ) {
    this.link = findCollector(consumer);
    this.upstream = new Upstream<S>(consumer, this);
  }

  next(value: S): void {
    let resource: Resource<T>;
    try {
      resource = this.project(value, this.index++);
      nodeOf(resource);
    } catch (error) {
      this.fail(error);
      return;
    }
    this.queued = resource;
    this.drop(this.incoming, UNSUBSCRIBE);
    if (!this.overlap) this.drop(this.held, UNSUBSCRIBE);
    this.proceed();
  }

  complete(): void {
    this.completed = true;
    this.proceed();
  }

  fail(error: unknown): void {
    if (this.left) return;
    this.failure = this.failure === null ? failed(error) : afterFailure(this.failure, error);
    this.upstream.unsubscribe();
    this.queued = null;
    this.drop(this.incoming, this.failure);
    this.drop(this.held, this.failure);
    this.proceed();
  }

  leave(): void {
    if (this.left) return;
    this.left = true;
    // The stream's own error is dropped with the consumer; a release that has failed is not (law 14).
    if (this.releaseFailed && this.failure?.kind === 'error') route(this.failure.error, this.link, rxLayer);
    for (const holding of [...this.open].reverse()) holding.leave();
  }

  /** Does what is next, once nothing stands in its way. */
  private proceed(): void {
    if (this.left || (this.releasing > 0 && (this.failure !== null || !this.overlap))) return;
    if (this.failure?.kind === 'error') {
      this.left = true;
      this.consumer.error(this.failure.error);
    } else if (this.queued !== null) {
      const resource = this.queued;
      this.queued = null;
      this.enter(resource);
    } else if (this.completed && this.open.size === 0) {
      this.left = true;
      this.consumer.complete();
    }
  }

  private enter(resource: Resource<T>): void {
    const holding = new Holding(resource.name, true, this.link, rxLayer, {
      entered: (handle) => {
        this.entered(holding, handle as T);
      },
      ended: (outcome) => {
        this.ended(holding, outcome);
      },
    });
    this.incoming = holding;
    this.open.add(holding);
    holding.open(nodeOf(resource));
  }

  private entered(holding: Holding, handle: T): void {
    const before = this.held;
    this.incoming = null;
    this.held = holding;
    this.consumer.next(handle);
    this.drop(before, UNSUBSCRIBE);
  }

  /** Ended by itself: entering failed or came to nothing, or the handle was lost. */
  private ended(holding: Holding, outcome: Exit): void {
    this.open.delete(holding);
    if (this.incoming !== holding && this.held !== holding) return; // dropped: see there
    if (this.incoming === holding) this.incoming = null;
    else this.held = null;
    if (outcome.kind === 'error') this.fail(outcome.error);
    else this.proceed();
  }

  private drop(holding: Holding | null, exit: Exit): void {
    if (holding === null) return;
    if (this.incoming === holding) this.incoming = null;
    if (this.held === holding) this.held = null;
    this.releasing++;
    holding.close(exit, (outcome) => {
      this.releasing--;
      if (outcome.kind === 'error' && isNews(outcome, exit)) {
        this.releaseFailed = true;
        this.fail(this.withoutExit(outcome.error, exit));
      } else {
        this.proceed();
      }
    });
  }

  /** A release that failed under the stream's own error has that in it already. */
  private withoutExit(error: unknown, exit: Exit): unknown {
    if (exit.kind === 'error' && this.failure === exit) this.failure = null;
    return error;
  }
}

class Upstream<S> extends Subscriber<S> {
  constructor(
    consumer: Subscriber<never>,
    private readonly switching: { next(value: S): void; complete(): void; fail(error: unknown): void },
  ) {
    super(consumer);
  }

  protected override _next(value: S): void {
    this.switching.next(value);
  }

  protected override _error(error: unknown): void {
    this.switching.fail(error);
  }

  protected override _complete(): void {
    this.unsubscribe();
    this.switching.complete();
  }
}
