import type { Subscriber } from 'rxjs';

import { Background } from './engine/background.js';
import { afterFailure, failed, UNSUBSCRIBE, type Exit } from './engine/exit.js';
import { Holding } from './engine/holding.js';
import type { Collector } from './engine/scope.js';
import { over } from './engine/unwind.js';
import { findCollector, rxLayer } from './layer.js';
import { addedTo } from './outcome.js';
import { nodeOf, type Resource } from './resource-class.js';
import { Upstream } from './upstream.js';

/** One subscription of `switchResource`: what is held, what is being entered, and what is being released. */
export class Switching<S, T> {
  readonly upstream: Subscriber<S>;
  private readonly link: Collector | null;
  private index = 0;
  /** The one whose handle was emitted last, the one that is being entered, and all that have not gone yet. */
  private held: Holding | null = null;
  private incoming: Holding | null = null;
  /** With `overlap`: the one before, while the new handle is being emitted. */
  private before: Holding | null = null;
  private readonly open = new Set<Holding>();
  /** To be entered as soon as nothing is being released. */
  private queued: Resource<T> | null = null;
  private releasing = 0;
  private completed = false;
  private failure: Exit | null = null;
  private releaseFailed = false;
  private state: 'open' | 'left' | 'over' = 'open';
  private background: Background | null = null;

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
    if (this.state === 'over') return;
    this.failure = this.failure === null ? failed(error) : afterFailure(this.failure, error);
    this.upstream.unsubscribe();
    this.queued = null;
    this.drop(this.incoming, this.failure);
    this.drop(this.held, this.failure);
    this.proceed();
  }

  /** The consumer has gone. The stream's own error is dropped with it; a release that fails is not (law 14). */
  leave(): void {
    if (this.state === 'over') return;
    this.state = 'left';
    this.queued = null;
    this.background = new Background(this.link, rxLayer);
    this.drop(this.incoming, UNSUBSCRIBE);
    this.drop(this.held, UNSUBSCRIBE);
    this.drop(this.before, UNSUBSCRIBE);
    this.proceed();
  }

  /** Does what is next, once nothing stands in its way. */
  private proceed(): void {
    if (this.state === 'left') {
      this.withdraw();
      return;
    }
    if (this.state === 'over' || (this.releasing > 0 && (this.failure !== null || !this.overlap))) return;
    if (this.failure?.kind === 'error') {
      this.state = 'over';
      this.consumer.error(this.failure.error);
    } else if (this.queued !== null) {
      const resource = this.queued;
      this.queued = null;
      this.enter(resource);
    } else if (this.completed && this.open.size === 0) {
      this.state = 'over';
      this.consumer.complete();
    }
  }

  private withdraw(): void {
    if (this.releasing > 0 || this.background === null) return;
    this.state = 'over';
    over(this.background, this.releaseFailed && this.failure !== null ? this.failure : UNSUBSCRIBE);
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
    this.incoming = null;
    this.before = this.held;
    this.held = holding;
    this.consumer.next(handle);
    this.drop(this.before, UNSUBSCRIBE);
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
    if (this.before === holding) this.before = null;
    this.releasing++;
    holding.close(exit, (outcome) => {
      this.releasing--;
      for (const failure of addedTo(exit, outcome)) {
        this.releaseFailed = true;
        this.fail(failure);
      }
      this.proceed();
    });
  }
}
