import type { AcquireContext } from '../core/acquire-context.js';
import { iteration, Iteration } from '../core/iterate.js';
import { IterationContext } from '../core/iteration-context.js';
import { describe, openAnew } from '../core/open-iterator.js';
import { isAsyncIterable } from '../core/observable-input.js';
import { isReadableStream, StreamIterable, type ReadableStreamInput } from '../core/read-stream.js';
import { SupplyObservable, supplyKey } from '../core/supply-observable.js';
import type { OpenSupply } from '../core/supply.js';
import { SyncSupply } from './sync-supply.js';

/** What can be asked for one value after the other. */
export type Askable<T> = AsyncIterable<T> | Iterable<T> | ReadableStreamInput<T>;

/** The same, or what makes one for each subscription. */
export type AskableInput<T> = Askable<T> | ((context: AcquireContext) => Askable<T>);

/** How a source is asked. Refuses what cannot be. */
export function supplyOf<T>(source: AskableInput<T>): OpenSupply<T> {
  if (typeof source === 'function') {
    return (taker, link) => {
      const context = new IterationContext();
      const made: unknown = source(context);
      if (isAsyncIterable<T>(made) && !hasOwnWay(made)) return new Iteration(openAnew(made), taker, link, context);
      if (isIterable<T>(made)) return new SyncSupply(made[Symbol.iterator](), taker, link, context);
      return supplyOf(made as Askable<T>)(taker, link);
    };
  }
  if (source instanceof SupplyObservable) return source[supplyKey] as OpenSupply<T>;
  if (isReadableStream<T>(source)) return iteration(new StreamIterable(source));
  if (isAsyncIterable<T>(source)) return iteration(source);
  if (isIterable<T>(source)) return (taker, link) => new SyncSupply(source[Symbol.iterator](), taker, link, null);
  throw refusal(source);
}

/** Asked by other means than its iterator. */
function hasOwnWay(source: object): boolean {
  return source instanceof SupplyObservable || isReadableStream(source);
}

function isIterable<T>(value: unknown): value is Iterable<T> {
  return typeof value === 'string' || (typeof value === 'object' && value !== null && Symbol.iterator in value);
}

function refusal(source: unknown): TypeError {
  const isObservable = typeof (source as { subscribe?: unknown } | null | undefined)?.subscribe === 'function';
  return new TypeError(
    'Expected an async iterable, an iterable, a readable stream or a function that makes one, received ' +
      (isObservable
        ? 'an observable, which cannot be asked: use mergeMap or concatMap, or hand over what it is made from.'
        : `${describe(source)}.`),
  );
}
