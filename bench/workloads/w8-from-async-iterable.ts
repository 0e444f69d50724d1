import { Effect, Stream } from 'effect';
import { toObservable } from 'ix/asynciterable';
import { from, Observable } from 'rxjs';
import type { Workload } from '../measure/workload.js';
import { rxscope } from './library.js';
import { draining, iterating, running, sumOf, take } from './streams.js';

const count = 10_000;

async function* generator(): AsyncGenerator<number> {
  for (let value = 0; value < count; value += 1) yield value;
}

/** An iterator that is an object of its own answers faster than any generator. */
const iterable: AsyncIterable<number> = {
  [Symbol.asyncIterator]() {
    let value = 0;
    return {
      next: () =>
        Promise.resolve(value < count ? { value: value++, done: false } : { value: undefined as never, done: true }),
    };
  },
};

function effect(open: () => AsyncIterable<number>): Effect.Effect<unknown> {
  return Stream.runForEach(
    Stream.suspend(() => Stream.fromAsyncIterable(open(), () => undefined)),
    (value) => Effect.sync(() => take(value)),
  ).pipe(Effect.orDie);
}

/** IxJS has a class of observables of its own. */
function ix(open: () => AsyncIterable<number>): Observable<number> {
  return new Observable((subscriber) => toObservable(open()).subscribe(subscriber));
}

function workload(kind: string, title: string, open: () => AsyncIterable<number>, atMost: number): Workload {
  return {
    id: `W8 ${kind}`,
    title: `async iterable to observable, 10,000 values of ${title}`,
    kind: 'time',
    unit: 'value',
    units: count,
    work: sumOf(count),
    floor: { name: 'for await', prepare: () => iterating(open) },
    variants: [
      { name: 'rxscope', prepare: () => draining(() => rxscope.fromAsyncIterable(open)) },
      { name: 'rxjs from', prepare: () => draining(() => from(open())) },
      { name: 'IxJS', prepare: () => draining(() => ix(open)) },
      { name: 'Effect', prepare: () => running(effect(open)) },
    ],
    goals: [{ variant: 'rxscope', atMost }],
  };
}

export const workloads: readonly Workload[] = [
  workload('generator', 'an async generator', generator, 1),
  workload('iterator', 'an iterator object', () => iterable, 0.95),
];
