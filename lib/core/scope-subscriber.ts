/* eslint max-lines: ['error', { max: 205, skipBlankLines: true, skipComments: true }] -- three roles in one object by
   design, see the class comment; a third of the lines declare and initialise its fields */
import { Subscriber, type ObservableInput, type TeardownLogic } from 'rxjs';

import type { Consumer } from './consumer.js';
import { COMPLETE, failed, type Exit } from './engine/exit.js';
import { end, leave } from './engine/ending.js';
import {
  GONE,
  type Collector,
  type Entry,
  type Layer,
  type More,
  type Releasable,
  type Scope,
  type State,
} from './engine/scope.js';
import { currentCollector, shared, tellWaiting } from './engine/shared.js';
import { collect } from './engine/unwind.js';
import { collectorKey, findCollector, rxLayer } from './layer.js';
import { isAsyncIterable, isPromise, toObservable } from './observable-input.js';
import { both, run, without, type Teardown } from './teardown-slot.js';

/** What a scope is subscribed from. */
export interface ScopeSource<R> {
  readonly name: string;
  /** Missing: the handle itself is the one value, and the scope stays open. */
  readonly project: ((value: never) => ObservableInput<R>) | null;
}

/**
 * One scope of the RxJS layer, in one object: the engine's record, the subscriber of the body, and the subscription
 * of the consumer.
 *
 * Between the end of the body and that of the scope lies the release. So it closes only when the scope has gone, and
 * what is added to it belongs to the body, which is torn down earlier. A body that is stopped from outside finds it
 * closed at once, even inside its own `subscribe` (law 15).
 */
export class ScopeSubscriber<R> extends Subscriber<R> implements Scope {
  declare state: State;
  declare busy: boolean;
  declare left: boolean;
  declare exit: Exit | null;
  declare outcome: Exit | null;
  declare step: Releasable | null;
  declare token: unknown;
  declare readonly link: Collector | null;
  declare more: More | null;
  declare older: Entry | null;
  declare newer: Entry | null;
  declare since: number;
  declare pending: number;
  declare private readonly source: ScopeSource<R>;
  /** Whose dynamic extent the values go out in, while they come from inside the body's `subscribe`. */
  declare outer: Collector | null;
  /** How to tear the body down. One slot: most bodies have one teardown at most. */
  declare private body: Teardown | null;

  /** Who is told the end. Values go to `destination`, which lies behind scopes around this one. */
  declare private readonly consumer: Subscriber<R> | Consumer<R>;

  constructor(consumer: Subscriber<R> | Consumer<R>, source: ScopeSource<R>) {
    super();
    this.consumer = consumer;
    this.state = GONE; // until `open` has begun
    this.busy = false;
    this.left = false;
    this.exit = null;
    this.outcome = null;
    this.step = null;
    this.token = undefined;
    this.more = null;
    this.older = null;
    this.newer = null;
    this.since = -1;
    this.pending = 0;
    this.source = source;
    this.body = null;
    this.destination = consumer;
    this.outer = null;
    if (!(consumer instanceof Subscriber)) {
      this.link = currentCollector();
      return;
    }
    if (consumer instanceof ScopeSubscriber) {
      // Scopes nested in each other hand values to the first consumer that is none: neither time nor stack per level.
      this.link = consumer;
      this.destination = consumer.destination;
    } else {
      this.link = findCollector(consumer);
    }
    consumer.add(this);
  }

  get name(): string {
    return this.source.name;
  }

  get layer(): Layer {
    return rxLayer;
  }

  get listed(): boolean {
    return true;
  }

  get bodiless(): boolean {
    return false;
  }

  get bare(): boolean {
    const { body } = this;
    return body === null || (body instanceof ScopeSubscriber && body.state === GONE);
  }

  get owner(): null {
    return null;
  }

  get whole(): null {
    return null;
  }

  get [collectorKey](): Collector {
    return this;
  }

  get collecting(): boolean {
    return this.state !== GONE;
  }

  collect(failure: unknown): void {
    collect(this, failure);
  }

  idle(): Scope {
    return this;
  }

  begin(handle: unknown): void {
    const { project } = this.source;
    if (project === null) {
      this.next(handle as R);
      return;
    }
    const body = project(handle as never);
    if (shared.watchers !== null && (isPromise(body) || isAsyncIterable(body))) tellWaiting(this, 'body', true, null);
    if (isPromise(body)) {
      this.follow(body);
      return;
    }
    const source = toObservable(body);
    if (this.exit !== null && source === body) return; // ended inside `project`: nothing to begin any more
    const { link } = this;
    this.outer = link instanceof ScopeSubscriber && link.busy ? link.outer : currentCollector();
    shared.current = this;
    shared.crossed = 0;
    source.subscribe(this);
    if (!this.left) this.closed = false;
  }

  tearDown(): void {
    if (this.left) {
      super.unsubscribe();
    } else if (!this.isStopped) {
      this.isStopped = true;
      this.closed = this.busy; // stops a body that is emitting right now; taken back when its subscribe returns
    }
    const { body } = this;
    this.body = null;
    if (body !== null) run(body);
  }

  finish(outcome: Exit): void {
    if (outcome.kind === 'error') this.consumer.error(outcome.error);
    else this.consumer.complete();
    super.unsubscribe();
  }

  override add(teardown: TeardownLogic): void {
    if (!teardown || teardown === this || teardown === this.body) return;
    if (this.exit !== null) this.runLate(teardown);
    else this.body = both(this.body, teardown);
  }

  /** A teardown that came to be only when the body had ended (law 2). */
  private runLate(teardown: Teardown): void {
    try {
      run(teardown);
    } catch (error) {
      if (this.state === GONE) rxLayer.report(error);
      else collect(this, error);
    }
  }

  override remove(teardown: Exclude<TeardownLogic, void>): void {
    this.body = without(this.body, teardown);
  }

  override unsubscribe(): void {
    if (this.left || this.state === GONE) return;
    this.isStopped = true;
    leave(this);
  }

  protected override _next(value: R): void {
    if (!this.busy) {
      this.destination.next(value);
      return;
    }
    // What the consumer does with a value is not part of this body: scopes it opens are none of ours.
    shared.crossed++;
    this.destination.next(value);
    shared.crossed--;
  }

  protected override _error(error: unknown): void {
    end(this, failed(error));
  }

  protected override _complete(): void {
    end(this, COMPLETE);
  }

  /** A promise stays a promise: an observable around it would only cost. */
  private follow(body: PromiseLike<R>): void {
    body.then(
      (value) => {
        if (this.isStopped) return;
        this.next(value);
        this.complete();
      },
      (error: unknown) => {
        if (!this.isStopped) this.error(error);
      },
    );
  }
}
