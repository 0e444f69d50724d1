import { from, isObservable, Observable, type ObservableInput } from 'rxjs';

import { iterate } from './iterate.js';

export function isPromise<T>(value: unknown): value is PromiseLike<T> {
  if (value instanceof Observable) return false;
  return typeof value === 'object' && value !== null && 'then' in value && typeof value.then === 'function';
}

/** As RxJS's `from`, but async iterables are left promptly and their cleanup is awaited (law 32). */
export function toObservable<T>(input: ObservableInput<T>): Observable<T> {
  if (isObservable(input)) return input;
  return isAsyncIterable(input) ? iterate(input) : from(input);
}

function isAsyncIterable<T>(value: ObservableInput<T>): value is AsyncIterable<T> {
  return typeof value === 'object' && (value as unknown) !== null && Symbol.asyncIterator in value;
}
