import type { AcquireContext } from './acquire-context.js';
import { UnsubscribedError } from './engine/errors.js';
import { saysAborted } from './engine/exit.js';

/** What a function that makes an iterable is told. */
export class IterationContext implements AcquireContext {
  #controller: AbortController | null = null;
  /** Why it has aborted, in words; null as long as it has not. */
  #message: string | null = null;

  get signal(): AbortSignal {
    if (this.#controller === null) {
      this.#controller = new AbortController();
      this.#signalAbort(); // whoever looks only after leaving finds it aborted (law 13)
    }
    return this.#controller.signal;
  }

  abort(message: string): void {
    this.#message = message;
    this.#signalAbort();
  }

  /** Whether `error` only says that the signal has aborted (law 13). */
  explains(error: unknown): boolean {
    return saysAborted(error, this.#controller?.signal);
  }

  #signalAbort(): void {
    if (this.#message !== null) this.#controller?.abort(new UnsubscribedError(this.#message));
  }
}
