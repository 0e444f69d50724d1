import type { AcquireContext } from '../core/acquire-context.js';
import { kindOf } from '../internal/check.js';
import type { Exit } from '../core/engine/exit.js';
import type { Collector } from '../core/engine/scope.js';
import { iteration, Iteration } from '../core/iterate.js';
import { IterationContext } from '../core/iteration-context.js';
import { isAsyncIterable } from '../core/observable-input.js';
import { openAnew, spend } from '../core/open-iterator.js';
import { isReadableStream, StreamIterable, type ReadableStreamOf } from '../core/read-stream.js';
import { supplyKey, type SupplyObservable } from '../core/supply-observable.js';
import type { OpenSupply, Supply, Taker } from '../core/supply.js';
import { SyncSupply } from './sync-supply.js';

/** What can be asked for one value after the other. */
export type Askable<T> = AsyncIterable<T> | Iterable<T> | ReadableStreamOf<T>;

/** The same, or what makes one for each subscription. */
export type AskableInput<T> = Askable<T> | ((context: AcquireContext) => Askable<T>);

/** How a source is asked. Refuses what cannot be. */
export function supplyOf<T>(source: AskableInput<T>): OpenSupply<T> {
  if (typeof source === 'function') return (taker, link) => openMade(source, taker, link);
  if (hasSupply<T>(source)) return source[supplyKey];
  if (isReadableStream<T>(source)) return iteration(new StreamIterable<T>(source));
  if (isAsyncIterable<T>(source)) return iteration(source);
  if (!isIterable<T>(source)) throw refusal(source);
  return (taker, link) => {
    const iterator = source[Symbol.iterator]();
    spend(iterator, 'an iterator');
    return new SyncSupply(iterator, taker, link, null);
  };
}

/** Opens what a function has made for this one taker. */
function openMade<T>(make: (context: AcquireContext) => Askable<T>, taker: Taker<T>, link: Collector | null): Supply {
  const context = new IterationContext();
  const made: unknown = make(context);
  if (hasSupply<T>(made)) return new ToldSupply(made[supplyKey], taker, link, context);
  if (isReadableStream<T>(made)) return new Iteration(openAnew(new StreamIterable<T>(made)), taker, link, context);
  if (isAsyncIterable<T>(made)) return new Iteration(openAnew(made), taker, link, context);
  if (!isIterable<T>(made)) throw refusal(made);
  const iterator = made[Symbol.iterator]();
  if (Object.prototype.toString.call(iterator) === '[object Generator]') spend(iterator, 'a generator');
  return new SyncSupply(iterator, taker, link, context);
}

/** Aborts the signal of the function that has made a supply when that is left. */
class ToldSupply<T> implements Supply, Taker<T> {
  private readonly supply: Supply;
  private isRunning = true;

  constructor(
    open: OpenSupply<T>,
    private readonly taker: Taker<T>,
    link: Collector | null,
    private readonly context: IterationContext,
  ) {
    this.supply = open(this, link);
  }

  ask(): void {
    this.supply.ask();
  }

  next(value: T): void {
    this.taker.next(value);
  }

  error(error: unknown): void {
    this.isRunning = false;
    this.taker.error(error);
  }

  complete(): void {
    this.isRunning = false;
    this.taker.complete();
  }

  unsubscribe(): void {
    this.abort();
    this.supply.unsubscribe();
  }

  close(done: (outcome: Exit) => void): void {
    this.abort();
    this.supply.close(done);
  }

  private abort(): void {
    if (this.isRunning) this.context.abort('The iteration was unsubscribed.');
    this.isRunning = false;
  }
}

/** By its mark: it may be of another copy of the package. */
export function hasSupply<T>(value: unknown): value is SupplyObservable<T> {
  return typeof value === 'object' && value !== null && supplyKey in value;
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
        : `${kindOf(source)}.`),
  );
}
