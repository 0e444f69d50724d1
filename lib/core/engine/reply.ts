import type { Cancel, Scope, Sink } from './scope.js';

/**
 * An answer of the engine's own kind: it comes at once or later, and costs neither promise nor subscription.
 *
 * It looks like an observable to the check below, and is one to another copy of this package in the same program,
 * which does not know its class.
 */
export abstract class Deferral {
  abstract answer(sink: Sink): void;

  lift(): void {
    // half of what marks it as something to wait for, see `isPlain`
  }

  subscribe(observer: { next(value: unknown): void; error(error: unknown): void; complete(): void }): void {
    this.answer({
      value: (value) => {
        observer.next(value);
        observer.complete();
      },
      error: (error) => {
        observer.error(error);
      },
    });
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
  if (source instanceof Deferral) source.answer(sink);
  else if (typeof (source as { then?: unknown }).then === 'function') listen(source as PromiseLike<unknown>, sink);
  else return scope.layer.observe(source, which, scope, sink);
  return null;
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
