import AsyncDisposableStackPolyfill from 'disposablestack/AsyncDisposableStack';
import { Effect } from 'effect';
import { call, type Operation, resource, run } from 'effection';
import { concatMap, defer, lastValueFrom, Observable, using } from 'rxjs';
import type { Run, Workload } from '../measure/workload.js';
import { rxscope } from './library.js';
import { repeating } from './runs.js';
import { acquireLater, type Handle, type HeldLater, holdLater, oneScope, releaseLater, useLater } from './scope.js';

async function byHand(): Promise<number> {
  const handle = await acquireLater();
  try {
    return await useLater(handle);
  } finally {
    await releaseLater(handle);
  }
}

async function awaitUsing(): Promise<number> {
  await using handle = await acquireLater();
  return await useLater(handle);
}

async function disposableStack(): Promise<number> {
  const stack = new AsyncDisposableStackPolyfill();
  try {
    return await useLater(stack.adopt(await acquireLater(), releaseLater));
  } finally {
    await stack.disposeAsync();
  }
}

/** What one writes who wants it awaited and takes no care of errors and unsubscribing. */
const observable = new Observable<number>((subscriber) => {
  void acquireLater().then(async (handle) => {
    subscriber.next(await useLater(handle));
    await releaseLater(handle);
    subscriber.complete();
  });
});

/** What one writes with RxJS alone; the release is only started. */
const usingDefer = using(holdLater, (held) => defer((held as HeldLater).open).pipe(concatMap(useLater)));

const effect = Effect.acquireUseRelease(
  Effect.promise(acquireLater),
  (handle) => Effect.promise(() => useLater(handle)),
  (handle) => Effect.promise(() => releaseLater(handle)),
);

const managed = resource<Handle>(function* (provide) {
  const handle = yield* call(acquireLater);
  try {
    yield* provide(handle);
  } finally {
    yield* call(() => releaseLater(handle));
  }
});

function* effection(): Operation<number> {
  const handle = yield* managed;
  return yield* call(() => useLater(handle));
}

function byRxscope(): Run {
  const resource = rxscope.resource({ acquire: acquireLater, release: releaseLater });
  const scope = rxscope.using(resource, useLater);
  return repeating(() => rxscope.lastValue(scope));
}

export const workloads: readonly Workload[] = [
  {
    id: 'W2',
    title: 'asynchronous acquire, use, awaited release',
    kind: 'time',
    unit: 'scope',
    units: 1,
    work: oneScope,
    floor: { name: 'async function + try/finally', prepare: () => repeating(byHand) },
    variants: [
      { name: 'observable by hand + lastValueFrom', prepare: () => repeating(() => lastValueFrom(observable)) },
      { name: 'rxscope', prepare: byRxscope },
      { name: 'await using (tslib)', prepare: () => repeating(awaitUsing) },
      { name: 'Effect', prepare: () => repeating(() => Effect.runPromise(effect)) },
      { name: 'rxjs using + defer (not awaited)', prepare: () => repeating(() => lastValueFrom(usingDefer)) },
      { name: 'AsyncDisposableStack polyfill', prepare: () => repeating(disposableStack) },
      { name: 'Effection', prepare: () => repeating(() => run(effection)) },
    ],
    goals: [{ variant: 'rxscope', atMost: 2.8 }],
  },
];
