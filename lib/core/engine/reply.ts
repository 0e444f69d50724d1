import type { Cancel, Leaf, Releasable, Scope, Sink } from './scope.js';
import { tellWaiting, type Stage } from './shared.js';

/**
 * An answer of the engine's own kind: it comes at once or later, and costs neither promise nor subscription.
 *
 * It looks like an observable to the check below, and is one to another copy of this package in the same program,
 * which does not know its class.
 */
export abstract class Deferral {
  /** Tells `sink` once. What it answers stops the waiting: called where the consumer leaves an interruptible acquire. */
  abstract answer(sink: Sink): Cancel | void;

  /**
   * The same for an acquire of `scope` that may be given up, without a sink: later it goes on with the scope by itself, by
   * `goOnWith` or `failParked`. Null, or missing: it does not.
   */
  park?(scope: Scope, leaf: Leaf): Cancel | null;

  lift(): void {
    // half of what marks it as something to wait for, see `isPlain`
  }

  subscribe(observer: { next(value: unknown): void; error(error: unknown): void; complete(): void }): Cancel {
    const cancel = this.answer({
      value: (value) => {
        observer.next(value);
        observer.complete();
      },
      error: (error) => {
        observer.error(error);
      },
    });
    return cancel ?? { unsubscribe: () => undefined };
  }
}

/** Promises and observables are waited for; everything else is a value (api: `Awaitable`). */
export function isPlain(value: unknown): boolean {
  if ((typeof value !== 'object' && typeof value !== 'function') || value === null) return true;
  const { then, lift, subscribe } = value as { then?: unknown; lift?: unknown; subscribe?: unknown };
  return typeof then !== 'function' && (typeof lift !== 'function' || typeof subscribe !== 'function');
}

/** Asks what is not plain for its one answer. Only what can be stopped answers how. */
export function ask(source: object, which: 'first' | 'last', scope: Scope, sink: Sink): Cancel | null {
  if (source instanceof Deferral) return source.answer(sink) ?? null;
  if (isThenable(source)) listen(source, sink);
  else return scope.layer.observe(source, which, scope, sink);
  return null;
}

/** Tells who watches what a scope waits for. What is behind an answer of the engine's own tells of itself. */
export function tellAwaited(scope: Scope, stage: Stage, source: object, step: Releasable | null): void {
  if (!(source instanceof Deferral)) tellWaiting(scope, stage, isThenable(source), step);
}

function isThenable(source: object): source is PromiseLike<unknown> {
  return typeof (source as { then?: unknown }).then === 'function';
}

/** A thenable that is no promise may break the promise rules; wrapped into one it cannot. */
export function listen(source: PromiseLike<unknown>, sink: Sink): void {
  const promise = source instanceof Promise ? source : Promise.resolve(source);
  promise.then(
    (value: unknown) => {
      sink.value(value);
    },
    (error: unknown) => {
      sink.error(error);
    },
  );
}
