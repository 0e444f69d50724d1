import type { Observable, Observer } from 'rxjs';

import { asyncDispose } from '../internal/async-dispose.js';
import { onAbort } from '../internal/on-abort.js';
import { Consumer } from './consumer.js';
import { COMPLETE, failed, UNSUBSCRIBE, type Exit } from './engine/exit.js';
import { rxLayer } from './layer.js';
import { ReleaseWaiter } from './release-waiter.js';

/** Who waits for the end of a consumption. */
export interface Waiter {
  resolve(this: void): void;
  reject(this: void, error: unknown): void;
}

/** A subscription that waits for the releases, whichever side ends it. */
export class Consuming<T> extends ReleaseWaiter<T> implements AsyncDisposable {
  readonly link = null;
  private outcome: Exit = COMPLETE;
  /** Whether it was closed from this side; the observer is not told the end then. */
  private closedHere = false;
  private forget: (() => void) | null = null;
  /** Who waits. Null as long as nobody hears of an error; most consumptions have one. */
  private waiter: Waiter | null = null;
  private waiters: Waiter[] | null = null;
  private ending: Promise<void> | null = null;
  private closing: Promise<void> | null = null;

  constructor(
    private readonly observer: Observer<T> & { readonly handlesErrors?: boolean },
    private readonly signal: AbortSignal | undefined,
  ) {
    super();
  }

  start(source: Observable<T>): this {
    const { signal } = this;
    if (signal?.aborted === true) {
      this.stop(failed(signal.reason));
      return this;
    }
    if (signal !== undefined) {
      this.forget = onAbort(signal, () => {
        this.stop(failed(signal.reason));
      });
    }
    this.connect(source);
    return this;
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
    this.stop(UNSUBSCRIBE);
    return this.closing;
  }

  [asyncDispose](): Promise<void> {
    return this.close();
  }

  override unsubscribe(): void {
    this.stop(UNSUBSCRIBE);
  }

  /** Tells `waiter` the end, now or when it comes. */
  wait(waiter: Waiter): void {
    if (this.waiter === null) this.waiter = waiter;
    else if (this.state !== 'over') (this.waiters ??= []).push(waiter);
    if (this.state === 'over') this.answer(waiter);
  }

  protected override emit(value: T): void {
    this.observer.next(value);
  }

  protected tell(outcome: Exit): null {
    this.outcome = outcome;
    this.forget?.();
    if (this.waiter !== null) this.answer(this.waiter);
    if (this.waiters !== null) for (const waiter of this.waiters) this.answer(waiter);
    if (outcome.kind === 'error') this.tellError(outcome.error);
    else if (!this.closedHere) this.observer.complete();
    return null;
  }

  /** Closes it from this side, for a reason that the promises get. */
  stop(reason: Exit): void {
    if (this.state !== 'open') return;
    this.closedHere = true;
    this.isStopped = true;
    this.end(reason);
  }

  private tellError(error: unknown): void {
    const handled = this.observer.handlesErrors === true && !this.closedHere;
    if (handled) this.observer.error(error);
    // Who closes by a signal knows its reason; a release that failed meanwhile is news.
    const known = this.closedHere && this.failures === null;
    if (handled || known || this.waiter !== null) return;
    // Later, because who made the consumption has not yet had a chance to ask for its end.
    void Promise.resolve().then(() => {
      if (this.waiter === null) rxLayer.report(this.failures === null ? error : this.failures.at(-1));
    });
  }

  private answer({ resolve, reject }: Waiter): void {
    if (this.outcome.kind === 'error') reject(this.outcome.error);
    else resolve();
  }
}

/** An observer as the user gave it, with what is missing filled in. */
export class ConsumingObserver<T> extends Consumer<T> {
  readonly handlesErrors: boolean;

  constructor(observer: Partial<Observer<T>>) {
    super(observer);
    this.handlesErrors = observer.error !== undefined;
  }
}

function noop(): void {
  // nothing to do
}
