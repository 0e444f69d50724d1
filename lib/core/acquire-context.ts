import { signalOf } from './engine/teardown.js';
import type { Scope } from './engine/scope.js';

/** What an acquire is told. */
export interface AcquireContext {
  /**
   * Aborts, with an `UnsubscribedError` as its reason, when the consumer leaves while acquiring or while the
   * resource is held; not when the scope completes or fails (law 13). Made when it is read.
   */
  readonly signal: AbortSignal;
}

export class ScopeContext implements AcquireContext {
  readonly #scope: Scope;

  constructor(scope: Scope) {
    this.#scope = scope;
  }

  get signal(): AbortSignal {
    return signalOf(this.#scope);
  }
}
