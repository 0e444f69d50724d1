import type { AsyncLocalStorage } from 'node:async_hooks';

import { Observable, Subscriber, type MonoTypeOperatorFunction } from 'rxjs';

/**
 * Subscribes to a source where `inside` is stored, and tells its consumer where `outside` is: what the one finds stored does
 * not reach the code of the other.
 */
export function between<T, S>(storage: AsyncLocalStorage<S>, inside: S, outside: S): MonoTypeOperatorFunction<T> {
  return (source) =>
    new Observable((consumer) => {
      const border = new Border<T, S>(consumer, storage, outside);
      storage.run(inside, () => source.subscribe(border));
    });
}

class Border<T, S> extends Subscriber<T> {
  constructor(
    consumer: Subscriber<T>,
    private readonly storage: AsyncLocalStorage<S>,
    private readonly outside: S,
  ) {
    // eslint-disable-next-line @typescript-eslint/no-deprecated -- scopes find the one around them along this link
    super(consumer);
  }

  protected override _next(value: T): void {
    this.storage.run(this.outside, () => {
      super._next(value);
    });
  }

  protected override _error(error: unknown): void {
    this.storage.run(this.outside, () => {
      super._error(error);
    });
  }

  protected override _complete(): void {
    this.storage.run(this.outside, () => {
      super._complete();
    });
  }
}
