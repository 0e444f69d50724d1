import type { Observable } from 'rxjs';

/**
 * What a callback may answer with: a value, or a promise or an observable of it.
 *
 * Promises and observables are unwrapped: an observable by its first value where something is acquired, by its
 * last where something is released. Everything else, arrays, strings and iterables included, is the value itself.
 * To hand over an observable as the value, wrap it in `of()`.
 */
export type Awaitable<T> = T | PromiseLike<T> | Observable<T>;
