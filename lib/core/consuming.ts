import type { Observable, Observer, Subscription } from 'rxjs';

import { asyncDispose } from '../internal/async-dispose.js';
import { onAbort } from '../internal/on-abort.js';
import { awaitRelease } from './await-release.js';
import { afterFailure, COMPLETE, failed, UNSUBSCRIBE, type Exit } from './engine/exit.js';
import type { Collector } from './engine/scope.js';
import { inExtent, rxLayer } from './layer.js';

/** Who waits for the end of a consumption. */
export interface Waiter {
  resolve(this: void): void;
  reject(this: void, error: unknown): void;
}

/** A subscription that waits for the releases, whichever side ends it. */
export class Consuming<T> implements Collector, AsyncDisposable {
  pending = 0;
  private state: 'open' | 'closing' | 'over' = 'open';
  /** What it ends with: the source's end, or the reason it was closed for. */
  private outcome: Exit = COMPLETE;
  private failures: unknown[] = [];
  private subscription: Subscription | null = null;
  private readonly forget: () => void;
  private readonly waiters: Waiter[] = [];
  private heard: boolean;
  private ending: Promise<void> | null = null;
  private closing: Promise<void> | null = null;

  constructor(
    source: Observable<T>,
    private readonly observer: Partial<Observer<T>>,
    signal: AbortSignal | undefined,
  ) {
    this.heard = observer.error !== undefined;
    if (signal?.aborted === true) {
      this.forget = noop;
      this.end(failed(signal.reason));
      return;
    }
    this.forget = onAbort(signal, () => {
      this.leave(failed(signal?.reason));
    });
    this.subscription = source.pipe(awaitRelease()).subscribe({
      next: (value) => {
        observer.next?.(value);
      },
      error: (error: unknown) => {
        this.fail(error);
      },
      complete: () => {
        this.end(COMPLETE);
        observer.complete?.();
      },
    });
    // Closed from inside the source's own subscribe, before there was a subscription to close.
    if (this.isClosing()) this.unsubscribe();
  }

  get closed(): boolean {
    return this.state !== 'open';
  }

  get collecting(): boolean {
    return this.state !== 'over';
  }

  get done(): Promise<void> {
    return (this.ending ??= new Promise((resolve, reject) => {
      this.wait({ resolve, reject });
    }));
  }

  close(): Promise<void> {
    if (this.closing !== null) return this.closing.then(noop, noop);
    if (this.state === 'over') return Promise.resolve();
    this.closing = new Promise((resolve, reject) => {
      this.wait({ resolve, reject });
    });
    this.leave(UNSUBSCRIBE);
    return this.closing;
  }

  [asyncDispose](): Promise<void> {
    return this.close();
  }

  /** Tells `waiter` the end, now or when it comes. */
  wait(waiter: Waiter): void {
    this.heard = true;
    if (this.state === 'over') this.tell(waiter);
    else this.waiters.push(waiter);
  }

  collect(failure: unknown): void {
    this.failures.push(failure);
  }

  idle(): null {
    if (this.state === 'closing') this.concludeClosing();
    return null;
  }

  private leave(reason: Exit): void {
    if (this.state !== 'open') return;
    this.state = 'closing';
    this.outcome = reason;
    if (this.subscription !== null) this.unsubscribe();
  }

  private unsubscribe(): void {
    inExtent(this, () => this.subscription?.unsubscribe());
    if (this.pending === 0 && this.isClosing()) this.concludeClosing();
  }

  private concludeClosing(): void {
    let failure: Exit | null = null;
    for (const one of this.failures) failure = afterFailure(failure ?? UNSUBSCRIBE, one);
    let outcome = this.outcome;
    for (const one of this.failures) outcome = afterFailure(outcome, one);
    this.end(outcome);
    if (failure?.kind === 'error') this.reportUnheard(failure.error);
  }

  private fail(error: unknown): void {
    this.end(failed(error));
    this.observer.error?.(error);
    this.reportUnheard(error);
  }

  /** Later, because who made the consumption has not yet had a chance to ask for its end. */
  private reportUnheard(error: unknown): void {
    if (this.heard) return;
    void Promise.resolve().then(() => {
      if (!this.heard) rxLayer.report(error);
    });
  }

  private end(outcome: Exit): void {
    this.state = 'over';
    this.outcome = outcome;
    this.forget();
    for (const waiter of this.waiters.splice(0)) this.tell(waiter);
  }

  private tell({ resolve, reject }: Waiter): void {
    if (this.outcome.kind === 'error') reject(this.outcome.error);
    else resolve();
  }

  private isClosing(): boolean {
    return this.state === 'closing';
  }
}

function noop(): void {
  // nothing to do
}
