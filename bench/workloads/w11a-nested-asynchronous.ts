import { Effect } from 'effect';
import { call, type Operation, resource, run, scoped } from 'effection';
import { concatMap, defer, lastValueFrom, Observable, using } from 'rxjs';
import type { Run, Workload } from '../measure/workload.js';
import { rxscope } from './library.js';
import { repeating } from './runs.js';
import { acquireLater, Handle, type HeldLater, holdLater, releaseLater, useLater } from './scope.js';

/** What the body inside all scopes uses. */
const innermost = new Handle();

export async function recursion(depth: number): Promise<number> {
  if (depth === 0) return useLater(innermost);
  const handle = await acquireLater();
  try {
    return await recursion(depth - 1);
  } finally {
    await releaseLater(handle);
  }
}

/** What one writes who wants it awaited and takes no care of errors and unsubscribing. */
function byHand(depth: number): Observable<number> {
  return new Observable((subscriber) => {
    if (depth === 0) {
      void useLater(innermost).then((value) => {
        subscriber.next(value);
        subscriber.complete();
      });
      return;
    }
    void acquireLater().then((handle) => {
      byHand(depth - 1).subscribe({
        next: (value) => subscriber.next(value),
        complete: () => void releaseLater(handle).then(() => subscriber.complete()),
      });
    });
  });
}

/** The releases are only started. */
function byUsing(depth: number): Observable<number> {
  if (depth === 0) return defer(() => useLater(innermost));
  return using(holdLater, (held) => defer((held as HeldLater).open).pipe(concatMap(() => byUsing(depth - 1))));
}

function byRxscope(
  depth: number,
  resource = rxscope.resource({ acquire: acquireLater, release: releaseLater }),
): Observable<number> {
  return rxscope.using(resource, () => (depth === 1 ? useLater(innermost) : byRxscope(depth - 1, resource)));
}

function byEffect(depth: number): Effect.Effect<number> {
  if (depth === 0) return Effect.promise(() => useLater(innermost));
  return Effect.acquireUseRelease(
    Effect.promise(acquireLater),
    () => byEffect(depth - 1),
    (handle) => Effect.promise(() => releaseLater(handle)),
  );
}

const managed: Operation<Handle> = resource(function* (provide) {
  const handle = yield* call(acquireLater);
  try {
    yield* provide(handle);
  } finally {
    yield* call(() => releaseLater(handle));
  }
});

/** A scope of its own per level, as everywhere else. */
function* byEffection(depth: number): Operation<number> {
  if (depth === 0) return yield* call(() => useLater(innermost));
  return yield* scoped(function* () {
    yield* managed;
    return yield* byEffection(depth - 1);
  });
}

function repeatingLast(last: (source: Observable<number>) => Promise<number>, source: Observable<number>): Run {
  return repeating(() => last(source));
}

function effect(depth: number): Run {
  const program = byEffect(depth);
  return repeating(() => Effect.runPromise(program));
}

export const workloads: readonly Workload[] = [10, 100, 1000].map((depth) => ({
  id: `W11a ${depth}`,
  title: `nested by hand ${depth} deep, asynchronous with awaited release`,
  kind: 'time',
  unit: 'level',
  units: depth,
  work: { opened: depth, used: 1, closed: depth },
  floor: { name: 'recursion', prepare: () => repeating(() => recursion(depth)) },
  variants: [
    { name: 'nested observables by hand', prepare: () => repeatingLast(lastValueFrom, byHand(depth)) },
    { name: 'rxscope', prepare: () => repeatingLast(rxscope.lastValue, byRxscope(depth)) },
    { name: 'Effect', prepare: () => effect(depth) },
    { name: 'rxjs using + defer (not awaited)', prepare: () => repeatingLast(lastValueFrom, byUsing(depth)) },
    // Overflows the stack at 1,000.
    ...(depth < 1000 ? [{ name: 'Effection', prepare: () => repeating(() => run(() => byEffection(depth))) }] : []),
  ],
  goals: [{ variant: 'rxscope', atMost: 2.2 }],
}));
