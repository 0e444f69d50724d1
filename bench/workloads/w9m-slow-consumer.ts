import { Effect, Stream } from 'effect';
import { concatMap, EMPTY, expand, from, Observable } from 'rxjs';
import { bufferedValuesFrom } from 'rxjs-for-await';
import type { Item, Valve } from '../measure/valve.js';
import type { Connect, Variant, Workload } from '../measure/workload.js';
import { rxscope } from './library.js';

/** Gives an item whenever it is asked for one. */
async function* asked(valve: Valve): AsyncGenerator<Item> {
  while (!valve.isShut) yield valve.give();
  await valve.parked;
}

/** Gives items whether anybody wants them or not. */
const pushing = (valve: Valve): Observable<Item> =>
  new Observable((subscriber) => {
    const push = (): void => {
      subscriber.next(valve.give());
      if (!valve.isShut && !subscriber.closed) queueMicrotask(push);
    };
    queueMicrotask(push);
  });

const size = 100;

/** Gives a page of items whenever it is asked for one. */
async function fetch(valve: Valve): Promise<readonly Item[]> {
  if (valve.isShut) await valve.parked;
  return Array.from({ length: size }, () => valve.give());
}

/** Endless pages, one behind the other. */
const paginated = (valve: Valve) =>
  rxscope.paginate({
    fetch: () => fetch(valve),
    items: (page: readonly Item[]) => page,
    next: (_, cursor: number | undefined = 0) => cursor + 1,
    prefetch: 1,
  });

const expanded = (valve: Valve): Observable<Item> =>
  from(fetch(valve)).pipe(
    expand(() => (valve.isShut ? EMPTY : fetch(valve))),
    concatMap((items) => items),
  );

/** A loop that takes its time for each, spelled out so that it can be left from outside. */
function iterating(open: (valve: Valve) => AsyncIterable<Item>): Connect {
  return (valve) => {
    const iterator = open(valve)[Symbol.asyncIterator]();
    const loop = async (): Promise<void> => {
      while ((await iterator.next()).done !== true) await valve.take();
    };
    void loop();
    return () => void iterator.return?.();
  };
}

function subscribing(open: (valve: Valve) => Observable<unknown>): Connect {
  return (valve) => {
    const subscription = open(valve).subscribe();
    return () => subscription.unsubscribe();
  };
}

/**
 * One after the other, as far as RxJS can: it starts none before its turn, but has all of them sent. This consumer is slower
 * still, because taking the first of so many out of an array takes longer than waiting does.
 */
const concatMapping = (open: (valve: Valve) => Observable<Item>): Connect =>
  subscribing((valve) => open(valve).pipe(concatMap(() => valve.take(1000))));

const effect: Connect = (valve) => {
  const stream = Stream.fromAsyncIterable(asked(valve), () => undefined);
  const fiber = Effect.runFork(Stream.runForEach(stream, () => Effect.promise(() => valve.take())));
  return () => fiber.interruptUnsafe();
};

const readable: Connect = (valve) => {
  const reader = rxscope.toReadableStream(asked(valve)).getReader();
  const loop = async (): Promise<void> => {
    while (!(await reader.read()).done) await valve.take();
  };
  void loop();
  return () => void reader.cancel();
};

/** All that has come meanwhile, in an array. Its way of handing out one by one is slower, the more wait. */
async function* buffered(valve: Valve): AsyncGenerator<Item> {
  for await (const items of bufferedValuesFrom(pushing(valve))) yield* items;
}

const bounded = { highWaterMark: 100, overflow: 'drop-oldest' } as const;

const peers: readonly Variant<Connect>[] = [
  { name: 'for await', prepare: () => iterating(asked) },
  { name: 'Effect', prepare: () => effect },
  { name: 'rxjs from + concatMap (unbounded)', prepare: () => concatMapping((valve) => from(asked(valve))) },
  { name: 'rxjs expand + concatMap (unbounded)', prepare: () => concatMapping(expanded) },
  { name: 'rxjs-for-await bufferedValuesFrom (unbounded)', prepare: () => iterating(buffered) },
];

const own: readonly Variant<Connect>[] = [
  {
    name: 'rxscope pull',
    prepare: () => subscribing((valve) => rxscope.pull(asked(valve), () => valve.take())),
  },
  { name: 'rxscope paginate, prefetch 1', prepare: () => iterating(paginated) },
  {
    name: 'rxscope toAsyncIterable, drop-oldest',
    prepare: () => iterating((valve) => rxscope.toAsyncIterable(pushing(valve), bounded)),
  },
  {
    name: 'rxscope toAsyncIterable, latest',
    prepare: () => iterating((valve) => rxscope.toAsyncIterable(pushing(valve), { strategy: 'latest' })),
  },
  { name: 'rxscope toReadableStream', prepare: () => readable },
];

/** More or less than the heap of an idle process moves by itself. */
const flat = 200;

export const workloads: readonly Workload[] = [
  {
    id: 'W9m',
    title: 'heap while the consumer is slow, when the source has given 1,000,000 items',
    kind: 'slow consumer',
    unit: 'KiB',
    items: 1_000_000,
    variants: [...peers, ...own],
    goals: own.map(({ name }) => ({ variant: name, atMost: flat })),
  },
];
