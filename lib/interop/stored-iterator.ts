import { Observable } from 'rxjs';

import { CapacityError } from '../core/engine/errors.js';
import { COMPLETE, failed, type Exit } from '../core/engine/exit.js';
import { findCollector } from '../core/layer.js';
import { supplyKey, type SupplyObservable } from '../core/supply-observable.js';
import type { Supply } from '../core/supply.js';
import { Queue } from '../internal/queue.js';
import { done, ObservableIterator, type Result, type SubscribingOptions } from './observable-iterator.js';
import type { Store } from './store.js';
import { hasSupply } from './supply-of.js';

interface Waiter<R> {
  resolve(this: void, result: Result<R>): void;
  reject(this: void, error: unknown): void;
}

/** An iterator whose values wait in a store. */
export class StoredIterator<T, R> extends ObservableIterator<T, R> {
  private readonly waiters = new Queue<Waiter<R>>();
  /** How the source has ended; null while it goes on. An error is told once. */
  private outcome: Exit | null = null;
  private isGathering = false;
  /** What is asked for each value, where the source can be asked. */
  private readonly demand: Demand<T> | null;

  constructor(
    source: Observable<T>,
    private readonly store: Store<T, R>,
    options: SubscribingOptions,
  ) {
    const demand = demandOf(source, !store.gathers && options.eager !== true);
    super(demand?.source ?? source, options);
    this.demand = demand;
  }

  protected ask(): Promise<Result<R>> {
    const { store, waiters } = this;
    if (waiters.length === 0 && !store.isEmpty) return Promise.resolve({ done: false, value: store.take() });
    return new Promise((resolve, reject) => {
      if (!store.keeps) this.start(); // what comes inside subscribe comes before anybody waits, and is passed over
      if (waiters.length === 0 && this.outcome !== null) {
        this.tellEnd({ resolve, reject });
        return;
      }
      waiters.push({ resolve, reject });
      this.start();
      this.demand?.ask();
    });
  }

  protected push(value: T): void {
    const { store, waiters } = this;
    if (waiters.length > 0 && !store.gathers) {
      waiters.shift().resolve({ done: false, value: value as never });
      if (this.demand !== null) this.demand.answered(waiters.length > 0);
    } else if (!store.push(value)) {
      const message = 'Values came faster than they were asked for, and more wait than highWaterMark allows.';
      this.consuming?.stop(failed(new CapacityError(message, { resource: 'toAsyncIterable' })));
    } else if (waiters.length > 0 && !this.isGathering) {
      this.isGathering = true;
      void Promise.resolve().then(() => {
        this.isGathering = false;
        this.answer();
      });
    }
  }

  protected ended(outcome: Exit): void {
    this.outcome = outcome;
    if (!this.isGathering) this.answer();
  }

  protected drop(): void {
    this.store.clear();
    this.outcome = COMPLETE;
    this.answer();
  }

  /** Answers whoever waits, as far as there is something to tell. */
  private answer(): void {
    const { store, waiters } = this;
    while (waiters.length > 0) {
      if (!store.isEmpty) waiters.shift().resolve({ done: false, value: store.take() });
      else if (this.outcome !== null) this.tellEnd(waiters.shift());
      else return;
    }
  }

  private tellEnd({ resolve, reject }: Waiter<R>): void {
    const { outcome } = this;
    this.outcome = COMPLETE;
    this.untold = null;
    if (outcome?.kind === 'error') reject(outcome.error);
    else resolve(done());
  }
}

function demandOf<T>(source: Observable<T>, isWanted: boolean): Demand<T> | null {
  return isWanted && hasSupply<T>(source) ? new Demand(source) : null;
}

/** A source that can be asked, and is asked once for each `next()`: nothing waits anywhere. */
class Demand<T> {
  readonly source: Observable<T>;
  private supply: Supply | null = null;
  private isAsked = false;

  constructor(source: SupplyObservable<T>) {
    this.source = new Observable<T>((subscriber) => {
      const supply = source[supplyKey](subscriber, findCollector(subscriber));
      this.supply = supply;
      subscriber.add(() => {
        this.supply = null; // nothing is asked after leaving
        supply.unsubscribe();
      });
    });
  }

  ask(): void {
    if (this.isAsked || this.supply === null) return;
    this.isAsked = true;
    this.supply.ask();
  }

  answered(isMore: boolean): void {
    this.isAsked = false;
    if (isMore) this.ask();
  }
}
