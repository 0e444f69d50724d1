import { asyncDispose, dispose } from '../internal/async-dispose.js';

/** Something to dispose of, and the way to do it, looked up once when it was acquired (law 28). */
export interface Disposal<T> {
  readonly value: T;
  run(this: void): unknown;
}

/** What can be disposed of without being told how. */
export type AnyDisposable = AsyncDisposable | Disposable | { unsubscribe(): void };

export function disposalOf<T>(value: T, method?: PropertyKey): Disposal<T> {
  if (value === null || value === undefined) return { value, run: nothing };
  const methods = value as Record<PropertyKey, unknown>;
  if (method !== undefined) return { value, run: called(methods, methods[method], String(method)) };
  const asynchronous = methods[asyncDispose] ?? null;
  if (asynchronous !== null) return { value, run: called(methods, asynchronous, '[Symbol.asyncDispose]') };
  const synchronous = methods[dispose] ?? null;
  if (synchronous !== null) return { value, run: ignored(called(methods, synchronous, '[Symbol.dispose]')) };
  if (typeof methods['unsubscribe'] === 'function') {
    return { value, run: ignored(called(methods, methods['unsubscribe'], 'unsubscribe')) };
  }
  throw new TypeError(
    'Expected something with [Symbol.asyncDispose], [Symbol.dispose] or unsubscribe(), received ' +
      `${typeof value === 'object' ? 'an object' : typeof value} without. Name its method, as in fromDisposable(factory, 'close').`,
  );
}

function called(receiver: unknown, method: unknown, name: string): () => unknown {
  if (typeof method !== 'function') {
    throw new TypeError(`Expected ${name} to be a method of what was acquired, received ${typeof method}.`);
  }
  return () => (method as (this: unknown) => unknown).call(receiver);
}

/** What a synchronous dispose answers is not awaited. */
function ignored(run: () => unknown): () => void {
  return () => {
    run();
  };
}

function nothing(): void {
  // nothing to dispose of
}
