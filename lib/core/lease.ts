import { EmptyError } from 'rxjs';

import { asyncDispose } from '../internal/async-dispose.js';
import { onAbort } from '../internal/on-abort.js';
import { COMPLETE, join, refusedExit, UNSUBSCRIBE, type Exit } from './engine/exit.js';
import { Holding } from './engine/holding.js';
import { rxLayer } from './layer.js';
import { answerOutcome } from './outcome.js';
import { checkResource, nodeOf, type Resource } from './resource-class.js';

/** A resource held by hand. */
export interface Lease<T> extends AsyncDisposable {
  readonly value: T;
  /**
   * Releases, told `exit` (default: complete). Answers `true` where the resource suppressed the exit's error, and
   * rejects with the outcome's error, which is the exit's own where nothing suppressed it (law 26). A second call waits
   * for the first and does not repeat its error.
   */
  release(exit?: Exit): Promise<boolean>;
}

/**
 * Enters a resource by hand, for imperative code: `await using held = await lease(resource)`, or `release()` in a
 * `finally`.
 *
 * Prefer `using` and `use` where the work is a stream or can be a function: nobody can forget the release there.
 *
 * **Cancellation.** When `signal` aborts while acquiring, the acquire's own signal aborts, and the promise rejects with
 * the reason once that has come to its end and what came of it is released (law 13). Later the signal does nothing.
 *
 * **Errors.** What acquiring fails with; RxJS's `EmptyError` where the resource suppressed its own failure. Where the
 * handle is lost, it is released at once, and `release()` rejects with the `ResourceLostError`.
 *
 * @example
 * ```ts
 * import { lease, resource } from 'rxscope';
 *
 * const log: string[] = [];
 * const file = resource({ acquire: async () => 'handle', release: async () => log.push('closed') });
 * {
 *   await using held = await lease(file);
 *   log.push(held.value);
 * }
 * log; // => ['handle', 'closed']
 * ```
 */
export async function lease<T>(
  resource: Resource<T>,
  options: { readonly signal?: AbortSignal } = {},
): Promise<Lease<T>> {
  checkResource(resource);
  const { signal } = options;
  signal?.throwIfAborted();
  return new Promise<Lease<T>>((resolve, reject) => {
    let waiting = true;
    const forget = onAbort(signal, () => {
      holding.close(UNSUBSCRIBE, ignore);
    });
    const settled = (): void => {
      waiting = false;
      forget();
    };
    const holding = new Holding(resource.name, true, null, rxLayer, {
      entered: (handle) => {
        settled();
        resolve(new HeldLease(handle as T, holding));
      },
      ended: (outcome) => {
        if (!waiting) return;
        settled();
        reject(failureOf(outcome, signal));
      },
    });
    holding.open(nodeOf(resource));
  });
}

/** Why there is no lease: the signal's reason, joined with a release that failed, before anything else. */
function failureOf(outcome: Exit, signal: AbortSignal | undefined): unknown {
  if (signal?.aborted === true) return outcome.kind === 'error' ? join(outcome.error, signal.reason) : signal.reason;
  return outcome.kind === 'error' ? outcome.error : new EmptyError();
}

class HeldLease<T> implements Lease<T> {
  #released: Promise<boolean> | null = null;
  readonly #holding: Holding;

  constructor(
    readonly value: T,
    holding: Holding,
  ) {
    this.#holding = holding;
  }

  release(exit: Exit = COMPLETE): Promise<boolean> {
    if (this.#released !== null) return this.#released.then(no, no);
    const refusal = refusedExit(exit);
    if (refusal !== null) return Promise.reject(refusal);
    this.#released = new Promise((resolve, reject) => {
      this.#holding.close(exit, (outcome) => {
        answerOutcome(exit, outcome, resolve, reject);
      });
    });
    return this.#released;
  }

  async [asyncDispose](): Promise<void> {
    await this.release();
  }
}

function no(): boolean {
  return false;
}

function ignore(): void {
  // told through the promise
}
