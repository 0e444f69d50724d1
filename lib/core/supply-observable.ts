import { config, Observable, Subscriber, type Observer, type Subscription } from 'rxjs';

import { Consumer, isForeign, observerOf } from './consumer.js';
import { findCollector, rxLayer } from './layer.js';
import type { OpenSupply, Supply, Taker } from './supply.js';

/** Marks an observable whose values can also be asked for one by one. Registered: two copies of the package must agree. */
export const supplyKey: unique symbol = Symbol.for('rxscope.supply') as never;

/** An observable of what a supply has. Asks for the next value once the consumer's handler has returned. */
export class SupplyObservable<T> extends Observable<T> {
  /** @internal */
  readonly [supplyKey]: OpenSupply<T>;

  /** @internal */
  constructor(open: OpenSupply<T>, start: (subscriber: Subscriber<T>) => void = flowFrom(open)) {
    super(start);
    this[supplyKey] = open;
  }

  override subscribe(observerOrNext?: Partial<Observer<T>> | ((value: T) => void) | null): Subscription;
  /** @deprecated Pass an observer instead of separate callbacks. */
  override subscribe(
    next?: ((value: T) => void) | null,
    error?: ((error: unknown) => void) | null,
    complete?: (() => void) | null,
  ): Subscription;
  override subscribe(
    observerOrNext?: Partial<Observer<T>> | ((value: T) => void) | null,
    error?: ((error: unknown) => void) | null,
    complete?: (() => void) | null,
  ): Subscription {
    const isOwnAffair = config.useDeprecatedSynchronousErrorHandling || config.useDeprecatedNextContext;
    if (observerOrNext instanceof Subscriber || isForeign(observerOrNext) || isOwnAffair) {
      return super.subscribe(observerOrNext as never, error as never, complete as never);
    }
    return super.subscribe(new LeavingSubscriber(observerOf(observerOrNext, error, complete)));
  }
}

/** A consumer that leaves when its handler throws: nobody would look at what comes after. */
class LeavingSubscriber<T> extends Subscriber<T> {
  constructor(private readonly observer: Partial<Observer<T>>) {
    super(new Consumer(observer));
  }

  override next(value: T): void {
    if (this.isStopped) {
      super.next(value);
      return;
    }
    try {
      this.observer.next?.(value);
    } catch (error) {
      rxLayer.report(error);
      this.unsubscribe();
    }
  }
}

function flowFrom<T>(open: OpenSupply<T>): (subscriber: Subscriber<T>) => void {
  return (subscriber) => {
    new Flow(subscriber).start(open);
  };
}

/** Asks for one value after the other, as long as there is somebody to take them. */
export class Flow<T, R = T> implements Taker<T> {
  protected supply: Supply | null = null;
  private asking = false;
  private isDue = false;

  constructor(protected readonly subscriber: Subscriber<R>) {}

  start(open: OpenSupply<T>): void {
    const supply = open(this, findCollector(this.subscriber));
    this.supply = supply;
    this.subscriber.add(supply);
    this.ask();
  }

  next(value: T): void {
    this.hand(value);
    this.ask();
  }

  error(error: unknown): void {
    this.subscriber.error(error);
  }

  complete(): void {
    this.subscriber.complete();
  }

  protected hand(value: T): void {
    this.subscriber.next(value as never);
  }

  /** A loop where the answer comes at once, so that it needs no more stack the longer it goes on. */
  private ask(): void {
    this.isDue = true;
    if (this.asking) return;
    this.asking = true;
    while (this.isDue && !this.subscriber.closed) {
      this.isDue = false;
      this.supply?.ask();
    }
    this.asking = false;
  }
}
