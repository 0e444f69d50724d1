/** What the bridges between observables and async iterables are measured with. */
import { Effect, Queue, Stream } from 'effect';
import { Observable } from 'rxjs';
import { tally } from '../measure/tally.js';
import type { Run, Tally } from '../measure/workload.js';

export const take = (value: number): void => {
  tally.used += value;
};

/** What 0, 1, 2 … add to the tally, so many of them. */
export const sumOf = (count: number): Tally => ({ opened: 0, used: (count * (count - 1)) / 2, closed: 0 });

/** Iterates again and again, each time anew. */
export function iterating(open: () => AsyncIterable<number>): Run {
  return async (operations) => {
    for (let i = 0; i < operations; i += 1) for await (const value of open()) take(value);
  };
}

/** The same for those that hand out arrays. */
export function iteratingBatches(open: () => AsyncIterable<readonly number[]>): Run {
  return async (operations) => {
    for (let i = 0; i < operations; i += 1) {
      for await (const values of open()) for (const value of values) take(value);
    }
  };
}

/** Subscribes again and again, and waits for the end each time. */
export function draining(open: () => Observable<number>): Run {
  return async (operations) => {
    for (let i = 0; i < operations; i += 1) {
      await new Promise<void>((complete, error) => open().subscribe({ next: take, error, complete }));
    }
  };
}

/** Runs one program again and again. */
export function running(program: Effect.Effect<unknown>): Run {
  return async (operations) => {
    for (let i = 0; i < operations; i += 1) await Effect.runPromise(program);
  };
}

/** 0, 1, 2 … each in a microtask of its own. */
export function inMicrotasks(count: number): Observable<number> {
  return new Observable<number>((subscriber) => {
    let value = 0;
    const emit = (): void => {
      if (value < count) {
        subscriber.next(value++);
        if (!subscriber.closed) queueMicrotask(emit);
      } else subscriber.complete();
    };
    emit();
  });
}

/** How an observable becomes an async iterable in Effect. */
export function throughEffect(source: Observable<number>): AsyncIterable<number> {
  const stream = Stream.callback<number>((queue) =>
    Effect.sync(() =>
      source.subscribe({
        next: (value) => Queue.offerUnsafe(queue, value),
        complete: () => Queue.endUnsafe(queue),
      }),
    ),
  );
  return Stream.toAsyncIterable(stream);
}

/**
 * An array with a head index: values wait in it until they are asked for. No errors, no limit, one `next()` at a time;
 * leaving unsubscribes, and that is all.
 */
export function iteratorByHand(source: Observable<number>): AsyncIterableIterator<number> {
  const values: number[] = [];
  let head = 0;
  let isComplete = false;
  let answer: ((result: IteratorResult<number>) => void) | undefined;
  const subscription = source.subscribe({
    next: (value) => {
      if (answer === undefined) values.push(value);
      else answered({ value, done: false });
    },
    complete: () => {
      isComplete = true;
      answered({ value: undefined, done: true });
    },
  });
  function answered(result: IteratorResult<number>): void {
    const waiting = answer;
    answer = undefined;
    waiting?.(result);
  }
  return {
    next() {
      if (head < values.length) return Promise.resolve({ value: values[head++] as number, done: false });
      values.length = head = 0;
      if (isComplete) return Promise.resolve({ value: undefined, done: true });
      return new Promise((resolve) => (answer = resolve));
    },
    return() {
      subscription.unsubscribe();
      return Promise.resolve({ value: undefined, done: true });
    },
    [Symbol.asyncIterator]() {
      return this;
    },
  };
}
