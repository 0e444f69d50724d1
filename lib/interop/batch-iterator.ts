import { Observable, Subscription, type Observer } from 'rxjs';
import { bufferedValuesFrom } from 'rxjs-for-await';

import type { Exit } from '../core/engine/exit.js';
import { done, ObservableIterator, type Result } from './observable-iterator.js';

/**
 * `bufferedValuesFrom` of rxjs-for-await, subscribed and left by us. Its generator sits on a relay, which is completed
 * when it is left: so it never holds `return()` up, and sees the end when everything upstream is released.
 */
export class BatchIterator<T> extends ObservableIterator<T, T[]> {
  private readonly relay = new Relay<T>();
  private readonly generator = bufferedValuesFrom(this.relay);

  protected async ask(): Promise<Result<T[]>> {
    const answer = this.generator.next(); // the first call subscribes to the relay
    this.start();
    const result = await answer.catch((error: unknown) => {
      this.untold = null;
      throw error;
    });
    return this.left || result.done === true ? done() : result;
  }

  protected push(value: T): void {
    this.relay.observer?.next(value);
  }

  protected ended(outcome: Exit): void {
    if (outcome.kind === 'error') this.relay.observer?.error(outcome.error);
    else this.drop();
  }

  protected drop(): void {
    this.relay.observer?.complete();
  }
}

/** Gives the values to the one observer there is, without RxJS in between. */
class Relay<T> extends Observable<T> {
  observer: Observer<T> | null = null;

  override subscribe(observer?: unknown): Subscription {
    this.observer = observer as Observer<T>;
    return new Subscription();
  }
}
