import { Effect, Stream } from 'effect';
import { range as asyncRange } from 'ix/asynciterable';
import { map as asyncMap } from 'ix/asynciterable/operators';
import { map, type Observable, range, using } from 'rxjs';
import { tally } from '../measure/tally.js';
import type { Run, Workload } from '../measure/workload.js';
import { rxscope } from './library.js';
import { acquire, hold, release } from './scope.js';

const count = 100_000;

const increment = (value: number): number => value + 1;

const take = (value: number): void => {
  tally.used += value;
};

const values = (): Observable<number> => range(0, count).pipe(map(increment));

const observer = { next: take };

function subscribing(source: Observable<number>): Run {
  return (operations) => {
    for (let i = 0; i < operations; i += 1) source.subscribe(observer);
  };
}

function byHand(): Run {
  const source = values();
  return (operations) => {
    for (let i = 0; i < operations; i += 1) {
      const handle = acquire();
      source.subscribe(observer);
      release(handle);
    }
  };
}

const byUsing = (): Run => subscribing(using(hold, values));

const byRxscope = (): Run => subscribing(rxscope.using(rxscope.resource({ acquire, release }), values));

const effectValues = Stream.unwrap(
  Effect.gen(function* () {
    yield* Effect.acquireRelease(Effect.sync(acquire), (handle) => Effect.sync(() => release(handle)));
    return Stream.range(0, count - 1).pipe(Stream.map(increment));
  }),
);

function effect(program: Effect.Effect<unknown>): Run {
  return async (operations) => {
    for (let i = 0; i < operations; i += 1) await Effect.runPromise(program);
  };
}

const folding = Stream.runFold(
  effectValues,
  () => undefined,
  (_, value) => {
    take(value);
    return undefined;
  },
);

const eachInTurn = Stream.runForEach(effectValues, (value) => Effect.sync(() => take(value)));

async function ix(operations: number): Promise<void> {
  for (let i = 0; i < operations; i += 1) {
    const handle = acquire();
    try {
      for await (const value of asyncRange(0, count).pipe(asyncMap(increment))) take(value);
    } finally {
      release(handle);
    }
  }
}

export const workloads: readonly Workload[] = [
  {
    id: 'W3',
    title: '100,000 values through a held scope',
    kind: 'time',
    unit: 'value',
    units: count,
    work: { opened: 1, used: (count * (count + 1)) / 2, closed: 1 },
    floor: { name: 'range + map', prepare: byHand },
    variants: [
      { name: 'rxjs using', prepare: byUsing },
      { name: 'rxscope', prepare: byRxscope },
      { name: 'Effect runFold', prepare: () => effect(folding) },
      { name: 'Effect runForEach', prepare: () => effect(eachInTurn) },
      { name: 'IxJS async', prepare: () => ix },
    ],
    goals: [{ variant: 'rxscope', atMost: 1.15 }],
  },
];
