import { Subscriber, type ObservableInput } from 'rxjs';

import { isPromise, toObservable } from './observable-input.js';
import { COMPLETE, failed, type Exit } from './engine/exit.js';
import {
  type Collector,
  ENTERING,
  GONE,
  type Layer,
  more,
  type More,
  type Releasable,
  type Scope,
  type State,
} from './engine/scope.js';
import { shared } from './engine/shared.js';
import { leave } from './engine/leave.js';
import { collect, end } from './engine/unwind.js';
import { collectorKey, findCollector, rxLayer } from './layer.js';

/**
 * One scope of the RxJS layer: the engine's record, the subscriber of the body and the link to the consumer in
 * one object.
 *
 * It closes when the body ends, which stops the body at once, even inside its own `subscribe`. What is left of
 * the scope then goes on unseen by RxJS, but for a {@link Stay} in case the consumer leaves meanwhile.
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
  declare older: Scope | null;
  declare newer: Scope | null;
  declare since: number;
  declare pending: number;
  /** Whose dynamic extent the values go out in, while they come from inside the body's `subscribe`. */
  declare private readonly outer: Collector | null;

  constructor(
    private readonly consumer: Subscriber<R>,
    readonly name: string,
    /** Missing: the handle itself is the one value, and the scope stays open. */
    private readonly project: ((value: never) => ObservableInput<R>) | null,
  ) {
    super(consumer);
    this.state = ENTERING;
    this.busy = false;
    this.left = false;
    this.exit = null;
    this.outcome = null;
    this.step = null;
    this.token = undefined;
    this.more = null;
    this.older = null;
    this.newer = null;
    this.since = 0;
    this.pending = 0;
    if (consumer instanceof ScopeSubscriber) {
      // Scopes nested in each other hand values to the first consumer that is none: neither time nor stack per level.
      this.destination = consumer.destination;
      this.link = consumer;
      this.outer = consumer.busy ? consumer.outer : shared.current;
    } else {
      this.link = findCollector(consumer);
      this.outer = shared.current;
    }
  }

  get layer(): Layer {
    return rxLayer;
  }

  get listed(): boolean {
    return true;
  }

  get owner(): null {
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
    const { project } = this;
    if (project === null) {
      this.next(handle as R);
      return;
    }
    const body = project(handle as never);
    if (isPromise(body)) {
      this.follow(body);
      return;
    }
    const source = toObservable(body);
    const { current } = shared;
    shared.current = this;
    try {
      source.subscribe(this);
    } finally {
      shared.current = current;
    }
  }

  tearDown(): void {
    super.unsubscribe();
  }

  stay(): void {
    const rest = more(this);
    if (rest.staying) return;
    rest.staying = true;
    this.consumer.add(new Stay(this));
  }

  finish(outcome: Exit): void {
    if (outcome.kind === 'error') this.consumer.error(outcome.error);
    else this.consumer.complete();
  }

  override unsubscribe(): void {
    if (this.closed) return;
    this.isStopped = true;
    leave(this);
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

  protected override _next(value: R): void {
    if (!this.busy) {
      this.destination.next(value);
      return;
    }
    // What the consumer does with a value is not part of this body: scopes it opens are none of ours.
    const { current } = shared;
    shared.current = this.outer;
    this.destination.next(value);
    shared.current = current;
  }

  protected override _error(error: unknown): void {
    end(this, failed(error));
  }

  protected override _complete(): void {
    end(this, COMPLETE);
  }
}

/** In the consumer's list of things to unsubscribe, in place of a scope that has closed but not yet gone. */
class Stay {
  constructor(private readonly scope: Scope) {}

  unsubscribe(): void {
    leave(this.scope);
  }
}
