import { kindOf } from '../internal/check.js';

/** What can be gone through once only, and has been. It is at its end for good, and would look like an empty source. */
const spent = /* @__PURE__ */ new WeakSet();

/** Refuses what has been gone through before, and remembers what has not. */
export function spend(source: object, what: string): void {
  if (spent.has(source)) {
    throw new TypeError(
      `Expected something that can be gone through again, received ${what} that was gone through before. ` +
        'Pass a function that makes one for each subscription.',
    );
  }
  spent.add(source);
}

/** Iterables that hand out one and the same iterator each time share its place, and its end. */
export function openOnce<T>(iterable: AsyncIterable<T>): AsyncIterator<T> {
  const iterator = iteratorOf(iterable);
  spend(iterator, 'an iterator');
  return iterator;
}

/** What a function has made is taken to be new, unless it cannot be. */
export function openAnew<T>(iterable: AsyncIterable<T>): AsyncIterator<T> {
  const iterator = iteratorOf(iterable);
  if (Object.prototype.toString.call(iterator) === '[object AsyncGenerator]') spend(iterator, 'a generator');
  return iterator;
}

function iteratorOf<T>(iterable: AsyncIterable<T>): AsyncIterator<T> {
  const open = (iterable as Partial<AsyncIterable<T>> | null | undefined)?.[Symbol.asyncIterator];
  if (typeof open === 'function') return open.call(iterable);
  throw new TypeError(`Expected an async iterable, received ${kindOf(iterable)}.`);
}
