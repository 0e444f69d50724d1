import { catchError, EMPTY, ignoreElements, Observable, tap, type Subscriber } from 'rxjs';

import type { Exit, Resource } from '../../core/index.js';
import { onResponseEnd } from '../response/response-end.js';
import { SentBody } from '../response/sent-body.js';
import { fileStream } from './file-stream.js';
import type { HttpResponsePort } from './http-port.js';
import { answerNobody, closedError, hungUp, isGone } from './left.js';
import { RequestHolding } from './request-holding.js';
import type { RequestPolicy } from './request-scope-options.js';

/**
 * What belongs to one request: resources entered for it, released in reverse when it is over.
 *
 *     responding -- sent | gone --> over      (as soon as the policy lets it)
 */
export class RequestScope {
  /** Resolves when everything is released. Never rejects: what fails goes to `tell`. */
  readonly ended: Promise<void>;
  private readonly leaving = new AbortController();
  private readonly holding: RequestHolding;
  private state: 'responding' | 'sent' | 'gone' = 'responding';
  private handler: 'none' | 'running' | 'done' = 'none';
  private body: SentBody | null = null;
  /** Of the handler's observable. */
  private consumer: Subscriber<unknown> | null = null;
  private failure: { readonly error: unknown } | null = null;
  private closing: Promise<void> | null = null;
  private resolveEnded!: () => void;

  /** @internal */
  constructor(
    private readonly response: HttpResponsePort,
    private policy: RequestPolicy,
    private readonly tell: (error: unknown) => void,
  ) {
    this.ended = new Promise((resolve) => {
      this.resolveEnded = resolve;
    });
    this.holding = new RequestHolding((error) => {
      this.lose(error);
    });
    onResponseEnd(response, (isSent) => {
      this.respond(isSent);
    });
  }

  /**
   * Aborts when the client has hung up and the policy is to unsubscribe, and when a handle of this scope is lost. Its reason
   * is an `UnsubscribedError` or the `ResourceLostError`.
   */
  get signal(): AbortSignal {
    return this.leaving.signal;
  }

  /** Enters a resource, released with this scope. Rejects with `ClosedError` where that is over. */
  enter<T>(resource: Resource<T>): Promise<T> {
    return this.closing === null ? this.holding.stack.enter(resource) : Promise.reject(closedError(resource.name));
  }

  /** @internal The handler's observable, with its end as the policy says. */
  handle(source: Observable<unknown>, policy: RequestPolicy): Observable<unknown> {
    this.policy = policy;
    return new Observable((consumer) => {
      if (this.closing !== null) {
        answerNobody(consumer);
        return undefined;
      }
      this.handler = 'running';
      this.consumer = consumer;
      this.holding.run(this.forward(source, consumer));
      return () => {
        if (this.handler === 'running') this.leave();
      };
    });
  }

  /** The source, told to the consumer, and to nobody else. */
  private forward(source: Observable<unknown>, consumer: Subscriber<unknown>): Observable<never> {
    return source.pipe(
      tap({
        next: (value) => {
          const stream = fileStream(value);
          if (stream !== null) this.body = new SentBody(stream, this.fail);
          consumer.next(value);
        },
        error: (error: unknown) => {
          this.fail(error);
          this.pass(consumer);
        },
        complete: () => {
          this.pass(consumer);
        },
      }),
      ignoreElements(),
      catchError(() => EMPTY),
    );
  }

  /** Passes the end of the handler on, after the release where that is to come first. */
  private pass(consumer: Subscriber<unknown>): void {
    this.handler = 'done';
    const { failure } = this;
    const isEarly = this.policy.release === 'before-response' && this.body === null && this.state === 'responding';
    // In a turn of its own: what ends with the scope is still around this call.
    const ended = isEarly ? Promise.resolve().then(() => this.end()) : null;
    const tell = (): void => {
      if (failure !== null) consumer.error(failure.error);
      else consumer.complete();
    };
    if (ended === null) {
      tell();
      this.proceed();
      return;
    }
    ended.then(tell, (error: unknown) => {
      if (failure === null) {
        consumer.error(error);
        return;
      }
      this.tell(error); // a request that fails anyway fails with its own error
      tell();
    });
  }

  private readonly fail = (error: unknown): void => {
    if (this.state !== 'gone' || this.policy.onDisconnect === 'finish') this.failure ??= { error };
  };

  /** Whoever consumes the handler's observable has left: Nest, because the client has; or an interceptor around this one. */
  private leave(): void {
    if (this.policy.onDisconnect === 'finish' && isGone(this.response)) return;
    this.handler = 'done';
    this.closing ??= this.holding.end({ kind: 'unsubscribe' });
    this.closing.catch(this.tell);
    this.proceed();
  }

  private respond(isSent: boolean): void {
    this.state = isSent ? 'sent' : 'gone';
    if (!isSent && this.policy.onDisconnect === 'unsubscribe' && this.failure === null) {
      this.leaving.abort(hungUp());
      if (this.consumer !== null) answerNobody(this.consumer);
    }
    this.proceed();
  }

  /** Ends the scope if it is time to. */
  private proceed(): void {
    if (this.state === 'responding') return;
    const isLeft = this.state === 'gone' && this.policy.onDisconnect === 'unsubscribe';
    if (this.handler !== 'running' || isLeft) void this.finish();
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
    this.closing = this.holding.end(exit);
    try {
      await this.closing;
    } catch (error) {
      if (exit.kind !== 'error' || error !== exit.error) throw error;
    }
  }

  private exit(): Exit {
    if (this.failure !== null) return { kind: 'error', error: this.failure.error };
    if (this.state !== 'gone') return { kind: 'complete' };
    // Left, but all of its work is done: that is what letting it finish is for.
    const isDone = this.policy.onDisconnect === 'finish' && this.handler === 'done' && this.body === null;
    return { kind: isDone ? 'complete' : 'unsubscribe' };
  }

  /** A handle is lost, and everything has been released over it. */
  private lose(error: unknown): void {
    this.failure ??= { error };
    this.closing = Promise.resolve();
    this.leaving.abort(error);
    this.consumer?.error(error);
  }
}
