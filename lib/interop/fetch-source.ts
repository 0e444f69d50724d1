import { Observable, retry, type RetryConfig, type Subscriber } from 'rxjs';

import type { AcquireContext } from '../core/acquire-context.js';
import type { Awaitable } from '../core/awaitable.js';
import { afterFailure, UNSUBSCRIBE, type Exit } from '../core/engine/exit.js';
import { isPlain } from '../core/engine/reply.js';
import type { Collector } from '../core/engine/scope.js';
import { currentCollector } from '../core/engine/shared.js';
import { IterationContext } from '../core/iteration-context.js';
import { isPromise } from '../core/observable-input.js';
import { Following } from './following.js';
import type { PageSource, PageTaker } from './page-plan.js';
import type { RateLimiter } from './rate-limiter.js';

/** What is done about a request that fails. */
export interface FetchCare {
  readonly retry: RetryConfig | undefined;
  readonly limiter: RateLimiter | undefined;
}

export type Fetch<P, C> = (cursor: C | undefined, context: AcquireContext) => Awaitable<P>;

/**
 * Pages that a function fetches. What is under way is aborted when the run is left. The end waits for requests that do
 * not stop, and for the releases of scopes that they opened.
 */
export class FetchSource<P, C> implements PageSource<P, C>, Collector {
  /** Answers and releases that are waited for: promises cannot be left. */
  pending = 0;
  readonly outer = currentCollector();
  /** One for each request under way. Clients leave listeners on a signal, which must not pile up. */
  private readonly contexts = new Set<IterationContext>();
  private readonly following = new Set<Following<P>>();
  private outcome: Exit = UNSUBSCRIBE;
  private closed: ((outcome: Exit) => void) | null = null;
  private state: 'open' | 'left' | 'over' = 'open';

  constructor(
    private readonly fetch: Fetch<P, C>,
    private readonly care: FetchCare,
    readonly link: Collector | null,
  ) {}

  get collecting(): boolean {
    return this.state !== 'over';
  }

  request(cursor: C | undefined, taker: PageTaker<P>): void {
    const { retry: config, limiter } = this.care;
    if (config === undefined && limiter === undefined) {
      this.call(cursor, taker);
      return;
    }
    const once = new Observable<P>((subscriber) => this.call(cursor, new Answer(subscriber)));
    const limited = limiter === undefined ? once : limiter.run(() => once);
    this.follow(config === undefined ? limited : limited.pipe(retry(config)), taker);
  }

  close(done: (outcome: Exit) => void): void {
    this.state = 'left';
    this.closed = done;
    this.pending++; // until everything is left
    for (const context of this.contexts) context.abort('The pages were unsubscribed.');
    for (const following of this.following) following.stop();
    this.pending--;
    this.idle();
  }

  collect(failure: unknown): void {
    this.outcome = afterFailure(this.outcome, failure);
  }

  idle(): null {
    const { closed } = this;
    if (this.pending > 0 || closed === null) return null;
    this.closed = null;
    this.state = 'over';
    closed(this.outcome);
    return null;
  }

  private call(cursor: C | undefined, taker: PageTaker<P>): Following<P> | undefined {
    const context = new IterationContext();
    this.contexts.add(context);
    this.pending++;
    const arrived = (page: P): void => {
      if (this.answered(context)) taker.arrive(page);
      else this.idle();
    };
    const failed = (error: unknown): void => {
      if (this.answered(context)) {
        taker.error(error);
        return;
      }
      if (!context.explains(error)) this.collect(error);
      this.idle();
    };
    let answer: Awaitable<P>;
    try {
      answer = this.fetch(cursor, context);
    } catch (error) {
      failed(error);
      return undefined;
    }
    if (isPlain(answer)) arrived(answer as P);
    else if (isPromise<P>(answer)) (answer instanceof Promise ? answer : Promise.resolve(answer)).then(arrived, failed);
    else return this.subscribed(answer as Observable<P>, context, taker);
    return undefined;
  }

  /** An answer is there. Says whether somebody still wants it. */
  private answered(context: IterationContext): boolean {
    this.contexts.delete(context);
    this.pending--;
    return this.state === 'open';
  }

  private subscribed(source: Observable<P>, context: IterationContext, taker: PageTaker<P>): Following<P> | undefined {
    if (this.answered(context)) {
      this.contexts.add(context);
      return this.follow(source, taker, () => this.contexts.delete(context));
    }
    this.idle();
    return undefined;
  }

  private follow(source: Observable<P>, taker: PageTaker<P>, over?: () => void): Following<P> {
    const following = new Following(taker, this);
    this.following.add(following);
    following.add(() => this.following.delete(following));
    following.add(over);
    try {
      source.subscribe(following);
    } catch (error) {
      this.collect(error); // a teardown, of what has answered inside its own subscribe
    }
    return following;
  }
}

/** A page as the one value of an observable, for the operators around it. */
class Answer<P> implements PageTaker<P> {
  constructor(private readonly subscriber: Subscriber<P>) {}

  arrive(page: P): void {
    this.subscriber.next(page);
    this.subscriber.complete();
  }

  end(): void {
    this.subscriber.complete();
  }

  error(error: unknown): void {
    this.subscriber.error(error);
  }
}
