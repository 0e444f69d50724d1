import type { Exit, Lease } from '../../core/index.js';
import type { AppPort } from './app-port.js';

/** What the plugins of one application know of each other. */
export class AppState {
  /** Set when the application begins to close, before anything is closed. */
  closing = false;
  /** Names of application resources whose handle has died. */
  readonly lost = new Set<string>();
  /** Ends of request scopes that are still open. */
  private readonly open = new Set<Promise<void>>();
  /** Application resources in the order in which they were entered. */
  private readonly held: Lease<unknown>[] = [];

  /** Keeps what a request uses alive until `ended`, which never rejects. */
  keep(ended: Promise<void>): void {
    this.open.add(ended);
    void ended.then(() => this.open.delete(ended));
  }

  /** Resolves when no request scope is open any more. */
  async idle(): Promise<void> {
    while (this.open.size > 0) await Promise.all(this.open);
  }

  hold(lease: Lease<unknown>): void {
    this.held.push(lease);
  }

  /** Releases everything in reverse order, because starting has failed. Tells what releasing fails with. */
  async unwind(exit: Exit, tell: (error: unknown) => void): Promise<void> {
    for (const lease of this.held.splice(0).reverse()) {
      await lease.release(exit).catch((error: unknown) => {
        if (exit.kind !== 'error' || error !== exit.error) tell(error);
      });
    }
  }
}

const states = /* @__PURE__ */ new WeakMap<object, AppState>();

/** By the server, because that is one for all instances that are encapsulated in an application. */
export function stateOf(app: AppPort): AppState {
  let state = states.get(app.server);
  if (state === undefined) states.set(app.server, (state = new AppState()));
  return state;
}
