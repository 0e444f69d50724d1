import { AsyncLocalStorage } from 'node:async_hooks';

import { Subject } from 'rxjs';

import { lease, onExit, type Exit, type Lease, type Resource } from '../../core/index.js';
import type { RequestScope } from '../response/request-scope.js';
import { Injectable, Logger } from './framework.js';

/** Scopes that came to be while an application is created; where creating fails, nobody else knows of them. */
export const creating = /* @__PURE__ */ new AsyncLocalStorage<ApplicationScope[]>();

/**
 * What belongs to a Nest application: resources entered while it starts, released in reverse when it has stopped.
 *
 *     starting --> running --> closing      (or failed: what is held is released, what still comes too)
 *
 * A provider of {@link RxscopeModule}; `provideResource` is how resources get into it.
 */
export class ApplicationScope {
  /** Emits the `ResourceLostError` when a handle is lost. */
  readonly lost$ = new Subject<unknown>();
  /** Names of resources whose handle has died. */
  readonly lost = new Set<string>();
  /** Whether the application is about to close. */
  closing = false;
  private readonly log = new Logger('rxscope');
  private readonly leaving = new AbortController();
  /** What was entered, in order. */
  private readonly held: { readonly name: string; readonly lease: Lease<unknown> }[] = [];
  private readonly entering = new Set<Promise<unknown>>();
  /** Request scopes that are still open. */
  private readonly requests = new Set<RequestScope>();
  private released: Promise<void> | null = null;

  constructor() {
    creating.getStore()?.push(this);
  }

  /** Enters a resource, released with the application. Where it fails, everything that was entered is released at once. */
  async enter<T>(resource: Resource<T>): Promise<T> {
    const { name } = resource;
    const watched = resource.pipe(
      onExit((exit) => {
        this.watch(name, exit);
      }),
    );
    const entering = lease(watched, { signal: this.leaving.signal });
    this.entering.add(entering);
    try {
      const held = await entering;
      this.held.push({ name, lease: held });
      return held.value;
    } catch (error) {
      this.entering.delete(entering);
      await this.release({ kind: 'error', error }).catch(() => undefined);
      throw error;
    } finally {
      this.entering.delete(entering);
    }
  }

  /** @internal Keeps everything until that scope has ended. */
  keep(request: RequestScope): void {
    this.requests.add(request);
    void request.ended.then(() => this.requests.delete(request));
    if (this.closing) request.keepNoConnection();
  }

  /**
   * Releases everything in reverse, each finished before the next, after the scopes of requests. Rejects with the first failure;
   * all are logged. A second call waits for the first.
   */
  release(exit: Exit = { kind: 'complete' }): Promise<void> {
    return (this.released ??= this.releaseAll(exit));
  }

  /** @internal Called by Nest before it closes the server. */
  beforeApplicationShutdown(): void {
    this.closing = true;
    for (const request of this.requests) request.keepNoConnection();
  }

  /** @internal Called by Nest when the server has answered what was in flight. */
  onApplicationShutdown(): Promise<void> {
    return this.release();
  }

  /** @internal Logs what has nobody to go to. */
  tell(error: unknown, what: string): void {
    const { message, stack } = error as Partial<Error>;
    this.log.error(`${what}: ${message ?? String(error)}`, stack);
  }

  private async releaseAll(exit: Exit): Promise<void> {
    while (this.requests.size > 0) await Promise.all([...this.requests].map(({ ended }) => ended));
    this.leaving.abort();
    // Providers of different modules are made side by side: others may still be on their way.
    while (this.entering.size > 0) await Promise.allSettled(this.entering);
    let failure: { readonly error: unknown } | null = null;
    for (const { name, lease: held } of this.held.splice(0).reverse()) {
      try {
        await held.release(exit);
      } catch (error) {
        if (this.lost.has(name) || (exit.kind === 'error' && error === exit.error)) continue;
        failure ??= { error };
        this.tell(error, `'${name}' failed to be released`);
      }
    }
    if (failure !== null) throw failure.error;
  }

  private watch(name: string, exit: Exit): void {
    if (exit.kind !== 'error' || !isLoss(exit.error) || this.released !== null) return;
    this.lost.add(name);
    this.tell(exit.error, `'${name}' was lost`);
    this.lost$.next(exit.error);
  }
}

Injectable()(ApplicationScope);

/** By its code: a resource may come from another copy of the package. */
function isLoss(error: unknown): boolean {
  return (error as { readonly code?: unknown } | null | undefined)?.code === 'RXSCOPE_LOST';
}
