import { config, Observable, Subscriber, type Observer, type ObservableInput, type Subscription } from 'rxjs';

import { Consumer, isForeign, observerOf } from './consumer.js';
import { open } from './engine/enter.js';
import type { Node } from './engine/scope.js';
import { ScopeSubscriber } from './scope-subscriber.js';

/** Marks what has scopes, and holds what entering it takes. Registered: two copies of the package must agree. */
export const nodeKey: unique symbol = Symbol.for('rxscope.node') as never;

/** An observable each subscription of which is one scope: enter `node`, run the body, release. */
export class ScopeObservable<R> extends Observable<R> {
  readonly name: string;
  /** @internal */
  readonly [nodeKey]: Node;
  /** @internal */
  readonly project: ((value: never) => ObservableInput<R>) | null;

  /** @internal */
  constructor(name: string, node: Node, project: ((value: never) => ObservableInput<R>) | null) {
    super(enterFor as never);
    this.name = name;
    this[nodeKey] = node;
    this.project = project;
  }

  override subscribe(observerOrNext?: Partial<Observer<R>> | ((value: R) => void) | null): Subscription;
  /** @deprecated Pass an observer instead of separate callbacks. */
  override subscribe(
    next?: ((value: R) => void) | null,
    error?: ((error: unknown) => void) | null,
    complete?: (() => void) | null,
  ): Subscription;
  override subscribe(
    observerOrNext?: Partial<Observer<R>> | ((value: R) => void) | null,
    error?: ((error: unknown) => void) | null,
    complete?: (() => void) | null,
  ): Subscription {
    if (observerOrNext instanceof Subscriber) {
      // From an operator, or from the body of another scope: the frames RxJS would put in between guard against
      // nothing here, and scopes nested by hand would go less deep.
      if (!observerOrNext.closed) open(new ScopeSubscriber(observerOrNext as Subscriber<R>, this), this[nodeKey]);
      return observerOrNext;
    }
    if (isForeign(observerOrNext) || config.useDeprecatedSynchronousErrorHandling || config.useDeprecatedNextContext) {
      return super.subscribe(observerOrNext as never, error as never, complete as never);
    }
    const scope = new ScopeSubscriber(new Consumer(observerOf(observerOrNext, error, complete)), this);
    open(scope, this[nodeKey]);
    return scope;
  }
}

function enterFor(this: ScopeObservable<unknown>, subscriber: Subscriber<unknown>): void {
  if (!subscriber.closed) open(new ScopeSubscriber(subscriber, this), this[nodeKey]);
}
