import type { Observable } from 'rxjs';

import { Consuming } from '../core/consuming.js';
import { COMPLETE, failed, join, type Exit } from '../core/engine/exit.js';
import { isReleaseFailure } from '../core/engine/release-failure.js';
import { rxLayer } from '../core/layer.js';
import { asyncDispose } from '../internal/async-dispose.js';

/** What an iterator over an observable can be told besides how to keep values. */
export interface SubscribingOptions {
  readonly signal?: AbortSignal | undefined;
  readonly eager?: boolean | undefined;
}

export type Result<R> = IteratorResult<R, void>;

/**
 * One run through an observable: subscribed at the first `next()`, left by `return()` at once (law 33).
 *
 * Written by hand, because an async generator answers `return()` only after the `next()` before it, and then leaves too
 * late or never. How values wait for whoever asks is up to the heirs.
 */
export abstract class ObservableIterator<T, R> implements AsyncGenerator<R, void, unknown> {
  protected left = false;
  protected consuming: Consuming<T> | null = null;
  /** The error it has ended with, until somebody is told. */
  protected untold: { readonly error: unknown } | null = null;

  constructor(
    private readonly source: Observable<T>,
    private readonly options: SubscribingOptions,
  ) {}

  next(): Promise<Result<R>> {
    return this.left ? Promise.resolve(done()) : this.ask();
  }

  async return(value?: void | PromiseLike<void>): Promise<Result<R>> {
    try {
      await this.leave();
    } catch (error) {
      rxLayer.report(error); // a loop that is left by a throw does not show what closing it rejects with
      throw error;
    }
    return { done: true, value: await value };
  }

  async throw(error?: unknown): Promise<Result<R>> {
    try {
      await this.leave();
    } catch (failure) {
      throw join(failure, error);
    }
    throw error;
  }

  [Symbol.asyncIterator](): this {
    return this;
  }

  [asyncDispose](): Promise<void> {
    return this.leave();
  }

  /** Subscribes, unless that is done. */
  start(): void {
    if (this.consuming !== null) return;
    const { source, options } = this;
    this.consuming = new Consuming<T>({ next: this.push.bind(this), error: noop, complete: noop }, options.signal);
    this.consuming.wait({
      resolve: () => {
        this.ended(COMPLETE);
      },
      reject: (error) => {
        if (!this.left) this.untold = { error };
        this.ended(failed(error));
      },
    });
    this.consuming.start(source);
  }

  protected abstract ask(): Promise<Result<R>>;

  protected abstract push(value: T): void;

  /** The source has ended, and everything upstream is released. */
  protected abstract ended(outcome: Exit): void;

  /** Forgets what waits, and answers who waits with done. */
  protected abstract drop(): void;

  /** Fails where a release does. Any other error that nobody was told is dropped: who leaves does not want it (law 14). */
  private async leave(): Promise<void> {
    this.left = true;
    const { untold, consuming } = this;
    const closing = consuming?.close();
    this.untold = null;
    this.drop();
    try {
      await closing;
      if (untold !== null) throw untold.error;
    } catch (error) {
      if (isReleaseFailure(error)) throw error;
    }
  }
}

export function done(): IteratorReturnResult<void> {
  return { done: true, value: undefined };
}

function noop(): void {
  // told through the waiter
}
