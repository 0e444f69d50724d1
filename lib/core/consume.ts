import type { Observable, Observer } from 'rxjs';

import { Consuming, ConsumingObserver } from './consuming.js';

/** A subscription that can be closed with an answer. */
export interface Consumption extends AsyncDisposable {
  /** Whether it has ended or has been closed. */
  readonly closed: boolean;
  /**
   * Resolves when the source has completed, or when it was closed, and everything is released. Rejects with the
   * source's error, with what a release failed with, and with the signal's reason.
   */
  readonly done: Promise<void>;
  /** Unsubscribes, waits for the releases and rejects where one fails. A second call waits too, without its error. */
  close(): Promise<void>;
}

/** Options of what subscribes for the caller. */
export interface ConsumeOptions {
  /** Closes when it aborts; `done` then rejects with its reason once everything is released. */
  readonly signal?: AbortSignal;
}

/**
 * Subscribes, and can be closed with an answer: what `unsubscribe()` cannot give, because it returns nothing.
 *
 * **Guarantees.** Completion and errors come after all releases upstream, as with {@link awaitRelease}.
 * **Cancellation.** `close()`, `await using` and `signal` unsubscribe at once. **Errors.** The source's error goes to the
 * observer's `error` and to `done`; where there is neither a handler nor a reader of `done`, to `config.onUnhandledError`
 * as in RxJS.
 *
 * @example
 * ```ts
 * import { NEVER } from 'rxjs';
 * import { consume, resource, using } from 'rxscope';
 *
 * const log: string[] = [];
 * const socket = resource({ acquire: () => 1, release: async () => log.push('closed') });
 * const consumption = consume(using(socket, () => NEVER));
 * await consumption.close();
 * log; // => ['closed']
 * ```
 */
export function consume<T>(
  source: Observable<T>,
  observer?: Partial<Observer<T>> | ((value: T) => void),
  options: ConsumeOptions = {},
): Consumption {
  const handlers = typeof observer === 'function' ? { next: observer } : (observer ?? {});
  return new Consuming(new ConsumingObserver(handlers), options.signal).start(source);
}
