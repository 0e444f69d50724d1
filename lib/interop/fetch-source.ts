import { EmptyError, Observable, retry, Subscriber, type RetryConfig, type Subscription } from 'rxjs';

import type { AcquireContext } from '../core/acquire-context.js';
import type { Awaitable } from '../core/awaitable.js';
import { afterFailure, UNSUBSCRIBE, type Exit } from '../core/engine/exit.js';
import { isPlain } from '../core/engine/reply.js';
import type { Collector } from '../core/engine/scope.js';
import { IterationContext } from '../core/iteration-context.js';
import { collectorKey } from '../core/layer.js';
import { isPromise } from '../core/observable-input.js';
import type { PageSource, PageTaker } from './page-plan.js';
import type { RateLimiter } from './rate-limiter.js';

/** What is done about a request that fails. */
export interface FetchCare {
  readonly retry: RetryConfig | undefined;
  readonly limiter: RateLimiter | undefined;
}

export type Fetch<P, C> = (cursor: C | undefined, context: AcquireContext) => Awaitable<P>;

/** Pages that a function fetches. What is under way is aborted when the run is left. */
export class FetchSource<P, C> implements PageSource<P, C> {
  private readonly context = new IterationContext();
  private readonly following = new Set<Subscription>();
  /** Promises that have not settled: they cannot be left, only waited for. */
  private pending = 0;
  private outcome: Exit = UNSUBSCRIBE;
  private closed: ((outcome: Exit) => void) | null = null;
  private hasLeft = false;

  constructor(
    private readonly fetch: Fetch<P, C>,
    private readonly care: FetchCare,
    private readonly link: Collector | null,
  ) {}

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
    this.hasLeft = true;
    this.context.abort('The pages were unsubscribed.');
    for (const subscription of this.following) subscription.unsubscribe();
    this.following.clear();
    if (this.pending === 0) done(this.outcome);
    else this.closed = done;
  }

  private call(cursor: C | undefined, taker: PageTaker<P>): Subscription | undefined {
    let answer: Awaitable<P>;
    try {
      answer = this.fetch(cursor, this.context);
    } catch (error) {
      taker.error(error);
      return undefined;
    }
    if (isPlain(answer)) taker.arrive(answer as P);
    else if (isPromise<P>(answer)) this.wait(answer, taker);
    else return this.follow(answer as Observable<P>, taker);
    return undefined;
  }

  private wait(promise: PromiseLike<P>, taker: PageTaker<P>): void {
    this.pending++;
    (promise instanceof Promise ? (promise as Promise<P>) : Promise.resolve(promise)).then(
      (page) => {
        this.pending--;
        if (this.hasLeft) this.finish();
        else taker.arrive(page);
      },
      (error: unknown) => {
        this.pending--;
        if (!this.hasLeft) taker.error(error);
        else {
          if (!this.context.explains(error)) this.outcome = afterFailure(this.outcome, error);
          this.finish();
        }
      },
    );
  }

  private follow(source: Observable<P>, taker: PageTaker<P>): Subscription {
    const following = new Following(taker, this.link);
    this.following.add(following);
    following.add(() => this.following.delete(following));
    source.subscribe(following);
    return following;
  }

  private finish(): void {
    if (this.pending > 0 || this.closed === null) return;
    const { closed } = this;
    this.closed = null;
    closed(this.outcome);
  }
}

/** Takes the first value of an observable that a fetch returned. */
class Following<P> extends Subscriber<P> {
  constructor(
    private readonly taker: PageTaker<P>,
    private readonly link: Collector | null,
  ) {
    super();
  }

  get [collectorKey](): Collector | undefined {
    return this.link ?? undefined;
  }

  protected override _next(page: P): void {
    this.unsubscribe();
    this.taker.arrive(page);
  }

  protected override _error(error: unknown): void {
    this.unsubscribe();
    this.taker.error(error);
  }

  protected override _complete(): void {
    this.unsubscribe();
    this.taker.error(new EmptyError());
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
