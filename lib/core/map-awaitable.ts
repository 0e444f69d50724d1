import { isObservable, map, type Observable } from 'rxjs';

import { isPromise } from './observable-input.js';

/** Applies `change` to what an acquire answered with, now or when it comes; synchronous stays synchronous. */
export function mapAwaitable<T, R>(answer: unknown, change: (value: T) => R): R | PromiseLike<R> | Observable<R> {
  if (isObservable(answer)) return (answer as Observable<T>).pipe(map((value) => change(value)));
  if (isPromise<T>(answer)) return Promise.resolve(answer).then(change);
  return change(answer as T);
}
