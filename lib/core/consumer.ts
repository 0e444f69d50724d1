import type { Observer } from 'rxjs';

import { rxLayer } from './layer.js';

/**
 * The observer a user subscribed with: handlers may be missing, and what they throw is reported, not thrown into
 * whoever emits. What RxJS's own subscriber does for it, without a second subscriber in between.
 */
export class Consumer<T> implements Observer<T> {
  constructor(private readonly observer: Partial<Observer<T>>) {}

  next(value: T): void {
    const { observer } = this;
    if (!observer.next) return;
    try {
      observer.next(value);
    } catch (error) {
      rxLayer.report(error);
    }
  }

  error(error: unknown): void {
    const { observer } = this;
    if (!observer.error) {
      rxLayer.report(error);
      return;
    }
    try {
      observer.error(error);
    } catch (thrown) {
      rxLayer.report(thrown);
    }
  }

  complete(): void {
    try {
      this.observer.complete?.();
    } catch (error) {
      rxLayer.report(error);
    }
  }
}
