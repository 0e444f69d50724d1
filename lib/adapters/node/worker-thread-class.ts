import { fromAsyncIterable, type AskableObservable } from '../../interop/index.js';
import { WorkerCall } from './worker-call.js';
import type { AnyCalls, CallArguments, CallResult, WorkerCalls } from './worker-calls.js';
import type { WorkerLink } from './worker-link.js';

/** A worker that is held: the handle of {@link workerThread}. */
export class WorkerThread<C extends WorkerCalls<C> = AnyCalls> {
  readonly #link: WorkerLink;

  /** @internal */
  constructor(link: WorkerLink) {
    this.#link = link;
  }

  /**
   * Asks the worker to do something, each time it is subscribed, and emits what it answers: one value or many, which are
   * asked for one by one.
   *
   * **Guarantees.** The worker makes the next result when the consumer's handler has returned; `pull` and `for await` ask
   * for one after the other. Several calls may be under way at a time. What comes late is dropped.
   *
   * **Cancellation.** Leaving aborts the signal of the call in the worker, and counts as a background release until the
   * call has ended there: an enclosing scope, so the lease of a pool, waits for that. A worker in which it does not end within
   * `cancelTimeout` is terminated.
   *
   * **Errors.** What the call fails with in the worker, with its name, message, code, cause and stack; of the classes only
   * those of the language are kept. A `DataCloneError` for what cannot be sent. `ResourceLostError` where the worker has
   * died, its `cause` what of; `ClosedError` where it was released.
   */
  call<K extends keyof C & string>(
    name: K,
    ...[input, options = {}]: CallArguments<C[K]>
  ): AskableObservable<CallResult<C[K]>> {
    const calls = { [Symbol.asyncIterator]: () => new WorkerCall<CallResult<C[K]>>(this.#link, name, input, options) };
    return fromAsyncIterable(() => calls);
  }
}
