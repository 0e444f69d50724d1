import { ClosedError, UnsubscribedError, type Exit, type Resource } from '../../core/index.js';
import type { SentBody } from '../response/sent-body.js';
import { RequestHolding } from './request-holding.js';

/** When a request scope ends. */
export interface ScopePolicy {
  readonly onDisconnect: 'unsubscribe' | 'finish';
}

/**
 * What belongs to one request: resources entered for it, released in reverse when it is over.
 *
 *     responding -- sent | gone --> over      (as soon as the policy lets it)
 *
 * Made by {@link requestScope}; `requestScope(...).of(request)` answers that of a request.
 */
export class RequestScope {
  /** Resolves when everything is released. Never rejects: what fails goes to `tell`. */
  readonly ended: Promise<void>;
  private readonly leaving = new AbortController();
  /** Made by the first `enter`. */
  private holding: RequestHolding | null = null;
  private response: 'responding' | 'sent' | 'gone' = 'responding';
  /** Its handler has been called, and its promise is pending; it has been settled. */
  private isHandling = false;
  private isHandled = false;
  private body: SentBody | null = null;
  private failure: { readonly error: unknown } | null = null;
  private closing: Promise<void> | null = null;
  private resolveEnded!: () => void;

  /** @internal */
  constructor(
    private readonly policy: ScopePolicy,
    private readonly tell: (error: unknown) => void,
  ) {
    this.ended = new Promise((resolve) => {
      this.resolveEnded = resolve;
    });
  }

  /**
   * Aborts when the client has hung up and the policy is to unsubscribe, and when a handle of this scope is lost. Its reason
   * is an `UnsubscribedError` or the `ResourceLostError`. Hand it to whatever takes one: `lastValue(rows, { signal })`.
   */
  get signal(): AbortSignal {
    return this.leaving.signal;
  }

  /** Enters a resource, released with this scope. Rejects with `ClosedError` where that is over. */
  enter<T>(resource: Resource<T>): Promise<T> {
    if (this.closing !== null) return Promise.reject(closedError(resource.name));
    this.holding ??= new RequestHolding((error) => {
      this.lose(error);
    });
    return this.holding.stack.enter(resource);
  }

  /** @internal Whether there is anything to release. */
  get isOpen(): boolean {
    return this.holding !== null && this.closing === null;
  }

  /** @internal Calls the handler of the request. One that answers no promise is over when it returns. */
  handle(call: () => unknown): unknown {
    let answer: unknown;
    try {
      answer = call();
    } catch (error) {
      this.fail(error);
      throw error;
    }
    // As Fastify asks. Nothing else may become a promise: the handler may send later.
    if (typeof (answer as { readonly then?: unknown } | null | undefined)?.then !== 'function') return answer;
    return this.follow(answer as PromiseLike<unknown>);
  }

  /** @internal The request has failed. The first failure is the one that counts. */
  fail(error: unknown): void {
    // After that it is only a consequence, unless it is how a handler ends that was let finish.
    const isOver = this.response === 'gone' && (this.policy.onDisconnect === 'unsubscribe' || !this.isHandling);
    if (!isOver) this.failure ??= { error };
  }

  /** @internal The answer is a stream. */
  send(body: SentBody): void {
    this.body = body;
  }

  /** @internal The response is over. */
  respond(isSent: boolean): void {
    this.response = isSent ? 'sent' : 'gone';
    if (!isSent && this.policy.onDisconnect === 'unsubscribe' && this.failure === null) {
      this.leaving.abort(new UnsubscribedError('The client has hung up.', { resource: 'request' }));
    }
    this.proceed();
  }

  /**
   * @internal Releases everything, before the answer is sent. Rejects with what that fails with where the answer can still
   * become one that says so; the failure of a request that fails anyway stays what it is.
   */
  async endEarly(): Promise<void> {
    const hasFailed = this.failure !== null;
    await this.end().catch((error: unknown) => {
      if (!hasFailed) throw error;
      this.tell(error);
    });
  }

  private async follow(answer: PromiseLike<unknown>): Promise<unknown> {
    this.isHandling = true;
    try {
      return await answer;
    } catch (error) {
      // The client has gone, and the handler says so: nobody is left to be told.
      if (this.leaving.signal.aborted && error === this.leaving.signal.reason) return undefined;
      this.fail(error);
      throw error;
    } finally {
      this.isHandling = false;
      this.isHandled = true;
      this.proceed();
    }
  }

  /** Ends the scope if it is time to. */
  private proceed(): void {
    if (this.response === 'responding') return;
    const isLeft = this.response === 'gone' && this.policy.onDisconnect === 'unsubscribe';
    if (this.isHandling && !isLeft) return;
    void this.finish();
  }

  private async finish(): Promise<void> {
    await this.body?.stop();
    await this.end().catch(this.tell);
    this.resolveEnded();
  }

  /** Rejects with what a release fails with, and not with what the request has failed with. A second call only waits. */
  private async end(): Promise<void> {
    if (this.closing !== null) return this.closing.catch(() => undefined);
    const exit = this.exit();
    this.closing = this.holding?.end(exit) ?? Promise.resolve();
    try {
      await this.closing;
    } catch (error) {
      if (exit.kind !== 'error' || error !== exit.error) throw error;
    }
  }

  private exit(): Exit {
    if (this.failure !== null) return { kind: 'error', error: this.failure.error };
    if (this.response !== 'gone') return { kind: 'complete' };
    // Left, but all of its work is done: that is what letting it finish is for.
    const isDone = this.policy.onDisconnect === 'finish' && this.isHandled && this.body === null;
    return { kind: isDone ? 'complete' : 'unsubscribe' };
  }

  /** A handle is lost, and everything has been released over it. */
  private lose(error: unknown): void {
    this.failure ??= { error };
    this.closing = Promise.resolve();
    this.leaving.abort(error);
  }
}

function closedError(resource: string): ClosedError {
  return new ClosedError(
    `Expected '${resource}' to be entered while its request goes on; that is over. Enter it before the response is sent.`,
    { resource },
  );
}
