import { from, isObservable, Observable, type ObservableInput } from 'rxjs';

import { iterate } from './iterate.js';
import { isReadableStream, StreamIterable } from './read-stream.js';

export function isPromise<T>(value: unknown): value is PromiseLike<T> {
  if (value instanceof Observable) return false;
  return typeof value === 'object' && value !== null && 'then' in value && typeof value.then === 'function';
}

/** As RxJS's `from`, but async iterables and streams are left promptly and their cleanup is awaited (law 32). */
export function toObservable<T>(input: ObservableInput<T>): Observable<T> {
  if (isObservable(input)) return input;
  if (isReadableStream<T>(input)) return iterate(new StreamIterable(input));
  return isAsyncIterable<T>(input) ? iterate(input) : from(input);
}

export function isAsyncIterable<T>(value: unknown): value is AsyncIterable<T> {
  return typeof value === 'object' && value !== null && Symbol.asyncIterator in value;
}
