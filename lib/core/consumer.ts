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

/** What `subscribe` was called with, as an observer. */
export function observerOf<T>(
  observerOrNext: Partial<Observer<T>> | ((value: T) => void) | null | undefined,
  error: ((error: unknown) => void) | null | undefined,
  complete: (() => void) | null | undefined,
): Partial<Observer<T>> {
  if (typeof observerOrNext === 'object' && observerOrNext !== null) return observerOrNext;
  return {
    ...(observerOrNext ? { next: observerOrNext } : undefined),
    ...(error ? { error } : undefined),
    ...(complete ? { complete } : undefined),
  };
}

/** A subscriber of another copy of RxJS, or of what looks like one. RxJS takes it from there. */
export function isForeign(observer: unknown): boolean {
  return typeof observer === 'object' && observer !== null && 'closed' in observer && 'add' in observer;
}
