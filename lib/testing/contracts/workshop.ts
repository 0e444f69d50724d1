import { map, Observable, of, type Subscriber } from 'rxjs';

import { resource, type Resource } from '../../core/index.js';

/** What a pool under test lends; made by the contract. */
export interface PooledItem {
  readonly id: number;
}

/** The same with what the contract knows of it. */
export class Item implements PooledItem {
  isBorrowed = false;
  isDestroyed = false;

  constructor(readonly id: number) {}
}

/** Where the items of a pool are made and destroyed, as slowly as the contract wants, and counted. */
export class Workshop {
  readonly items: Item[] = [];
  /** Being made, there, or being destroyed. */
  live = 0;
  /** The most there have been at a time. */
  peak = 0;
  /** What the next ones fail with when they are made. */
  readonly failures: unknown[] = [];
  /** Whether making and destroying wait for {@link proceed}. */
  isSlow = false;
  private readonly waiting: Subscriber<void>[] = [];

  readonly resource: Resource<Item> = resource<Item>({
    name: 'item',
    acquire: () => {
      this.peak = Math.max(this.peak, ++this.live);
      return this.make(this.failures.length > 0 ? { error: this.failures.shift() } : null);
    },
    release: (item) => this.destroy(item),
  });

  /** Lets everything that waits go on. */
  proceed(): void {
    for (const subscriber of this.waiting.splice(0)) {
      subscriber.next();
      subscriber.complete();
    }
  }

  private make(failure: { readonly error: unknown } | null): Observable<Item> {
    return this.when(() => {
      if (failure !== null) {
        this.live--;
        throw failure.error;
      }
      const item = new Item(this.items.length);
      this.items.push(item);
      return item;
    });
  }

  private destroy(item: Item): Observable<void> {
    item.isDestroyed = true;
    return this.when(() => {
      this.live--;
    });
  }

  private when<T>(act: () => T): Observable<T> {
    if (!this.isSlow) return of(undefined).pipe(map(act));
    return new Observable<void>((subscriber) => {
      this.waiting.push(subscriber);
    }).pipe(map(act));
  }
}
