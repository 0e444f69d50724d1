import {
  asyncScheduler,
  concatMap,
  defer,
  from,
  isObservable,
  map,
  of,
  retry,
  throwError,
  type Observable,
  type SchedulerLike,
} from 'rxjs';

import type { Awaitable } from '../core/awaitable.js';
import { checkCount, checkDuration } from '../internal/check.js';
import { isAsyncIterable, isPromise, toObservable } from '../core/observable-input.js';
import { answerOf, discard, type Answer } from './answer.js';
import { limitOf } from './limit-headers.js';
import { WaitingLine } from './waiting-line.js';

/** How long and how often a {@link RateLimiter} waits. */
export interface RateLimiterOptions {
  /** Milliseconds; a longer wait is not waited: calls go through, and what they fail with passes. Default 60 000. */
  readonly maxWait?: number;
  /** How often a call that is refused because of the limit is tried, the first time included. Default 5. */
  readonly maxTries?: number;
  /** For the clock and the timer. Default: RxJS's `asyncScheduler`. */
  readonly scheduler?: SchedulerLike;
}

/** Holds calls back until the limit of a server has passed. */
export interface RateLimiter {
  /** How many calls are held back now. */
  readonly waiting: number;
  /** When the limit that is known has passed, in milliseconds on the scheduler's clock; null where none is known. */
  readonly resumesAt: number | null;
  /** Takes notice of a response or an error that did not come through `run`. What is neither is ignored. */
  read(response: unknown): void;
  /**
   * Calls `call` once nothing holds it back, for each subscription, and again where it was refused because of the
   * limit. All values of an observable or an async iterable pass, a promise's one; anything else is a value itself.
   */
  run<T>(call: () => PromiseLike<T>): Observable<T>;
  // eslint-disable-next-line @typescript-eslint/unified-signatures -- Stripe's lists are a promise and an async iterable.
  run<T>(call: () => Awaitable<T> | AsyncIterable<T>): Observable<T>;
}

/**
 * Keeps to the limit of a server, for everybody who shares it: responses and errors are looked at for what they say
 * about it, and once there is nothing left, calls are held back until there is.
 *
 * Give the same one to every paginated stream that asks the same server, and {@link RateLimiter.run} other calls
 * through it. Where only a single call is to be tried again, RxJS's `retry` is simpler.
 *
 * **What is read.** `Retry-After`, in seconds or as a date; `X-RateLimit-Remaining` and `-Reset`, also as
 * `X-Rate-Limit-` and `RateLimit-`; the structured `RateLimit`. In the response of `fetch`, axios, got, Octokit, the
 * AWS SDK and Stripe, and in their errors and what caused them. Refused is a 429, and a 403 or 503 with one of these headers. A refusal that
 * does not say how long, or says 0, is followed by 1 second, and by twice as much each time this goes on, up to 32.
 *
 * **Guarantees.** Waiting calls go on in order of arrival, a refused one in its old place. A response with such a
 * status counts as refused also where it is a value: it is not emitted, its body is cancelled, and the call is tried
 * again; after the last try it passes as it is. A call that has emitted is not tried again, so that nothing is
 * emitted twice. Synchronous where nothing holds back.
 *
 * **Cancellation.** Unsubscribing gives up the place in the line, and the timer with it where it was the last.
 *
 * **Errors.** Those of the call, as they are: when the tries are used up, and at once where the server asks for more
 * than `maxWait`. `RangeError` for bad options.
 *
 * @example
 * ```ts
 * import { lastValue, rateLimiter } from 'rxscope';
 *
 * const limiter = rateLimiter({ maxWait: 5_000, maxTries: 3 });
 * const answers = [
 *   { status: 429, headers: { 'retry-after': '0.01' } },
 *   { status: 200, headers: {}, body: 'the page' },
 * ];
 * const page = await lastValue(limiter.run(async () => answers.shift()));
 * page?.body; // => 'the page'
 * ```
 */
export function rateLimiter(options: RateLimiterOptions = {}): RateLimiter {
  const { maxWait = 60_000, maxTries = 5, scheduler = asyncScheduler } = options;
  checkDuration(maxWait, 'maxWait');
  checkCount(maxTries, 'maxTries', 1);
  return new SharedLimiter(maxWait, maxTries, scheduler);
}

/** The shortest and the longest wait after a refusal that says nothing. */
const FIRST_WAIT = 1_000;
const LONGEST_WAIT = 32_000;

/** A response that is not emitted, on its way to `retry`. */
class Refusal {
  constructor(readonly value: unknown) {}
}

class SharedLimiter implements RateLimiter {
  private readonly line: WaitingLine;
  private nextWait = FIRST_WAIT;
  private tickets = 0;

  constructor(
    maxWait: number,
    private readonly maxTries: number,
    private readonly scheduler: SchedulerLike,
  ) {
    this.line = new WaitingLine(maxWait, scheduler);
  }

  get waiting(): number {
    return this.line.length;
  }

  get resumesAt(): number | null {
    return this.line.state === 'open' ? null : this.line.until;
  }

  read(response: unknown): void {
    this.learn(answerOf(response));
  }

  run<T>(call: () => Awaitable<T> | AsyncIterable<T>): Observable<T> {
    return defer(() => {
      const ticket = this.tickets++;
      let tries = 0;
      let hasEmitted = false;
      const isAgain = (answer: Answer | null): boolean => {
        const isRefusal = this.learn(answer);
        return isRefusal && !hasEmitted && tries < this.maxTries && this.line.state !== 'out of reach';
      };
      return this.line.turn(ticket).pipe(
        concatMap(() => {
          tries++;
          return inputOf(call());
        }),
        map((value) => {
          if (isAgain(answerOf(value))) throw new Refusal(value);
          hasEmitted = true;
          return value;
        }),
        retry({
          delay: (error: unknown) => {
            if (error instanceof Refusal) discard(error.value);
            else if (!isAgain(answerOf(error))) return throwError(() => error);
            return of(null); // what there is to wait is waited in line
          },
        }),
      );
    });
  }

  /** Takes notice of an answer; says whether it is a refusal. */
  private learn(answer: Answer | null): boolean {
    if (answer === null) return false;
    const now = this.scheduler.now();
    const { isRefusal, wait } = limitOf(answer, now);
    if (wait > 0) this.line.closeUntil(now + wait);
    else if (this.line.state === 'open') this.backOff(isRefusal, now);
    return isRefusal;
  }

  /** Several refusals of calls that were under way together are one. */
  private backOff(isRefusal: boolean, now: number): void {
    if (isRefusal) this.line.closeUntil(now + this.nextWait);
    this.nextWait = isRefusal ? Math.min(this.nextWait * 2, LONGEST_WAIT) : FIRST_WAIT;
  }
}

function inputOf<T>(answer: Awaitable<T> | AsyncIterable<T>): Observable<T> {
  if (isObservable(answer)) return answer;
  if (isPromise<T>(answer)) return from(answer);
  return isAsyncIterable<T>(answer) ? toObservable(answer) : of(answer);
}
