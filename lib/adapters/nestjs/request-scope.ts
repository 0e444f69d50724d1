import { catchError, EMPTY, ignoreElements, Observable, tap, type Subscriber } from 'rxjs';

import { RequestScope } from '../response/request-scope.js';
import { SentBody } from '../response/sent-body.js';
import { fileStream } from './file-stream.js';
import type { HttpResponsePort } from './http-port.js';
import { defaultPolicy, type RequestPolicy } from './request-scope-options.js';

/** The scope of a request whose handler answers an observable. */
export class NestRequestScope extends RequestScope {
  private release: RequestPolicy['release'] = defaultPolicy.release;
  /** Of the handler's observable. */
  private consumer: Subscriber<unknown> | null = null;

  constructor(
    protected override readonly response: HttpResponsePort,
    tell: (error: unknown) => void,
  ) {
    super(response, defaultPolicy.onDisconnect, tell);
  }

  /** The handler's observable, with its end as the policy says. */
  handle(source: Observable<unknown>, policy: RequestPolicy): Observable<unknown> {
    this.onDisconnect = policy.onDisconnect;
    this.release = policy.release;
    return new Observable((consumer) => {
      if (this.closing !== null) {
        answerNobody(consumer);
        return undefined;
      }
      this.handler = 'running';
      this.consumer = consumer;
      this.holding.run(this.forward(source, consumer));
      return () => {
        if (this.handler === 'running') this.drop();
      };
    });
  }

  protected override leave(): void {
    super.leave();
    if (this.consumer !== null) answerNobody(this.consumer);
  }

  protected override lose(error: unknown): void {
    super.lose(error);
    this.consumer?.error(error);
  }

  /** The source, told to the consumer, and to nobody else. */
  private forward(source: Observable<unknown>, consumer: Subscriber<unknown>): Observable<never> {
    return source.pipe(
      tap({
        next: (value) => {
          const stream = fileStream(value);
          if (stream !== null) {
            this.send(
              new SentBody(stream, (error) => {
                this.fail(error);
              }),
            );
          }
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
    const isEarly = this.release === 'before-response' && !this.isStreaming && this.state === 'responding';
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

  /** Whoever consumes the handler's observable has left: Nest, because the client has; or an interceptor around this one. */
  private drop(): void {
    if (this.onDisconnect === 'finish' && isGone(this.response)) return;
    this.handler = 'done';
    this.closing ??= this.holding.end({ kind: 'unsubscribe' });
    this.closing.catch(this.tell);
    this.proceed();
  }
}

/** Whether the client has gone already, though nobody may have been told yet. */
function isGone({ destroyed, req }: HttpResponsePort): boolean {
  return destroyed || req.socket?.destroyed === true;
}

/** The client has gone. Nest asks for a last value, and takes none for an error (nestjs/nest#10853). */
function answerNobody(consumer: Subscriber<unknown>): void {
  consumer.next(undefined);
  consumer.complete();
}
