import { ClosedError, UnsubscribedError, type Exit, type Resource } from '../../core/index.js';
import { RequestHolding } from './request-holding.js';
import { onResponseEnd, type ResponsePort } from './response-end.js';
import type { SentBody } from './sent-body.js';

/** What becomes of a request whose client hangs up. */
export type OnDisconnect = 'unsubscribe' | 'finish';

/**
 * What belongs to one request: resources entered for it, released in reverse when it is over.
 *
 *     responding -- sent | gone --> over      (as soon as the policy lets it)
 *
 * What it knows of the handler it is told by the adapter of the framework, which extends it.
 */
export class RequestScope {
  /** Resolves when everything is released. Never rejects: what a release fails with is logged, or told by option. */
  readonly ended: Promise<void>;
  /** @internal */
  protected handler: 'none' | 'running' | 'done' = 'none';
  /** @internal */
  protected state: 'responding' | 'sent' | 'gone' = 'responding';
  /** @internal */
  protected failure: { readonly error: unknown } | null = null;
  /** @internal Set when everything is being released. */
  protected closing: Promise<void> | null = null;
  private readonly leaving = new AbortController();
  /** Made when it is first needed. */
  private held: RequestHolding | null = null;
  private body: SentBody | null = null;
  private resolveEnded!: () => void;

  /** @internal */
  constructor(
    /** @internal */
    protected readonly response: ResponsePort,
    /** @internal */
    protected onDisconnect: OnDisconnect,
    /** @internal Told what a release fails with, where no answer can tell it any more. */
    protected readonly tell: (error: unknown) => void,
  ) {
    this.ended = new Promise((resolve) => {
      this.resolveEnded = resolve;
    });
    onResponseEnd(response, (isSent) => {
      this.respond(isSent);
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
    return this.closing === null ? this.holding.stack.enter(resource) : Promise.reject(closedError(resource.name));
  }

  /** @internal The server is closing: it would wait for a connection that is kept after the answer. */
  keepNoConnection(): void {
    const { headersSent, req } = this.response;
    if (!headersSent && req.httpVersionMajor < 2) this.response.setHeader('connection', 'close');
  }

  /** @internal Whether there is anything to release. */
  get isOpen(): boolean {
    return this.held !== null && this.closing === null;
  }

  /** @internal The request has failed. The first failure is the one that counts. */
  fail(error: unknown): void {
    // After that it is only a consequence, unless it is how a handler ends that was let finish.
    const isOver = this.state === 'gone' && (this.onDisconnect === 'unsubscribe' || this.handler !== 'running');
    if (!isOver) this.failure ??= { error };
  }

  /** @internal The answer is a stream. */
  send(body: SentBody): void {
    this.body = body;
  }

  /** @internal */
  protected get isStreaming(): boolean {
    return this.body !== null;
  }

  /** @internal */
  protected get holding(): RequestHolding {
    return (this.held ??= new RequestHolding((error) => {
      this.lose(error);
    }));
  }

  /** @internal The client has hung up, and the policy is to unsubscribe. */
  protected leave(): void {
    this.leaving.abort(new UnsubscribedError('The client has hung up.', { resource: 'request' }));
  }

  /** @internal A handle is lost, and everything has been released over it. */
  protected lose(error: unknown): void {
    this.failure ??= { error };
    this.closing = Promise.resolve();
    this.leaving.abort(error);
  }

  /** @internal Ends the scope if it is time to. */
  protected proceed(): void {
    if (this.state === 'responding') return;
    const isLeft = this.state === 'gone' && this.onDisconnect === 'unsubscribe';
    if (this.handler !== 'running' || isLeft) void this.finish();
  }

  /** @internal Rejects with what a release fails with, and not with what the request has failed with. A second call only waits. */
  protected async end(): Promise<void> {
    if (this.closing !== null) return this.closing.catch(() => undefined);
    const exit = this.exit();
    this.closing = this.held?.end(exit) ?? Promise.resolve();
    try {
      await this.closing;
    } catch (error) {
      if (exit.kind !== 'error' || error !== exit.error) throw error;
    }
  }

  private respond(isSent: boolean): void {
    this.state = isSent ? 'sent' : 'gone';
    if (!isSent && this.onDisconnect === 'unsubscribe' && this.failure === null) this.leave();
    this.proceed();
  }

  private async finish(): Promise<void> {
    await this.body?.stop();
    await this.end().catch(this.tell);
    this.resolveEnded();
  }

  private exit(): Exit {
    if (this.failure !== null) return { kind: 'error', error: this.failure.error };
    if (this.state !== 'gone') return { kind: 'complete' };
    // Left, but all of its work is done: that is what letting it finish is for.
    const isDone = this.onDisconnect === 'finish' && this.handler === 'done' && this.body === null;
    return { kind: isDone ? 'complete' : 'unsubscribe' };
  }
}

function closedError(resource: string): ClosedError {
  return new ClosedError(
    `Expected '${resource}' to be entered while its request goes on; that is over. Enter it before the response is sent.`,
    { resource },
  );
}
