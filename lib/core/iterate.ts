import { afterTurn, now } from '../internal/clock.js';
import type { AcquireContext } from './acquire-context.js';
import { Background } from './engine/background.js';
import { afterFailure, UNSUBSCRIBE, type Exit } from './engine/exit.js';
import type { Collector } from './engine/scope.js';
import { over } from './engine/unwind.js';
import { IterationContext } from './iteration-context.js';
import { rxLayer } from './layer.js';
import { openAnew, openOnce } from './open-iterator.js';
import { SupplyObservable } from './supply-observable.js';
import type { OpenSupply, Supply, Taker } from './supply.js';

/** An async iterable, or what makes one for each subscription. */
export type AsyncIterableInput<T> = AsyncIterable<T> | ((context: AcquireContext) => AsyncIterable<T>);

/** How long values that are there at once may keep timers and input waiting, in ms, and how often that is looked at. */
const TURN = 10;
const EVERY = 16;

/** An async iterable as an observable (law 32). */
export function iterate<T>(source: AsyncIterableInput<T>): SupplyObservable<T> {
  return new SupplyObservable(iteration(source));
}

/** An async iterable as something that can be asked for one value after the other. */
export function iteration<T>(source: AsyncIterableInput<T>): OpenSupply<T> {
  return (taker, link) => {
    const context = new IterationContext();
    const iterator = typeof source === 'function' ? openAnew(source(context)) : openOnce(source);
    return new Iteration(iterator, taker, link, context);
  };
}

/**
 * One run through an async iterator. One `next()` is in flight at most. Leaving calls `return()` at once, once, even
 * while a `next()` is pending, and is over when `return()` has settled.
 */
export class Iteration<T> implements Supply {
  private state: 'running' | 'left' | 'ended' = 'running';
  /** How many more values before the clock is looked at: the next one where the last look came too late. */
  private left = EVERY;
  private since = now();
  /** What has failed since it was left. */
  private outcome: Exit = UNSUBSCRIBE;
  private closed: ((outcome: Exit) => void) | null = null;
  /** Whether the taker has gone, and what is left to do goes on in the background. */
  private isAlone = false;

  constructor(
    private readonly iterator: AsyncIterator<T>,
    private readonly taker: Taker<T>,
    private readonly link: Collector | null,
    private readonly context: IterationContext,
  ) {}

  ask(): void {
    if (--this.left > 0) this.request();
    else this.requestInTime();
  }

  unsubscribe(): void {
    if (this.isAlone || this.state === 'ended') return;
    if (this.state === 'left' && this.closed === null) return;
    this.isAlone = true;
    const background = new Background(this.link, rxLayer);
    const done = (outcome: Exit): void => {
      over(background, outcome);
    };
    if (this.state === 'left') this.closed = done;
    else this.close(done);
  }

  close(done: (outcome: Exit) => void): void {
    if (this.state !== 'running') {
      done(UNSUBSCRIBE);
      return;
    }
    this.state = 'left';
    this.closed = done;
    this.context.abort('The iteration was unsubscribed.');
    this.leave().then(
      () => {
        this.finish();
      },
      (error: unknown) => {
        this.collect(error);
        this.finish();
      },
    );
  }

  /** `return()` is called synchronously; a throw of it is a rejection here. */
  private async leave(): Promise<void> {
    await this.iterator.return?.();
  }

  private request(): void {
    try {
      const answer: unknown = this.iterator.next();
      const promise = answer instanceof Promise ? answer : Promise.resolve(answer);
      (promise as Promise<IteratorResult<T>>).then(this.answered, this.failed);
    } catch (error) {
      this.failed(error);
    }
  }

  private readonly answered = (result: IteratorResult<T>): void => {
    if (this.state !== 'running') return; // late: `return()` has been called
    let isDone: unknown;
    let value: T | undefined;
    try {
      if (typeof (result as unknown) !== 'object' || (result as unknown) === null) {
        throw new TypeError(`Expected an iterator result, an object, received ${typeof result}.`);
      }
      isDone = result.done;
      if (!isDone) value = result.value as T;
    } catch (error) {
      this.failed(error);
      return;
    }
    if (isDone) {
      this.state = 'ended';
      this.taker.complete();
    } else {
      this.taker.next(value as T);
    }
  };

  private readonly failed = (error: unknown): void => {
    if (this.state === 'running') {
      this.state = 'ended';
      this.taker.error(error);
    } else {
      this.collect(error);
    }
  };

  /** A failure after leaving: one with that of `return()`, or reported where that has settled. */
  private collect(error: unknown): void {
    if (this.context.explains(error)) return;
    if (this.closed === null) rxLayer.report(error);
    else this.outcome = afterFailure(this.outcome, error);
  }

  private finish(): void {
    const { closed } = this;
    this.closed = null;
    closed?.(this.outcome);
  }

  /** Lets the event loop have its turn first where it is due. */
  private requestInTime(): void {
    const time = now() - this.since;
    const isDue = time < 0 || time >= TURN;
    this.left = isDue ? 1 : EVERY;
    if (!isDue) {
      this.request();
      return;
    }
    afterTurn(() => {
      this.since = now();
      if (this.state === 'running') this.request();
    });
  }
}
