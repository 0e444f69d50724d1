import { Effect } from 'effect';
import { finalize, mergeMap, Observable, of, using } from 'rxjs';
import type { Run, Workload } from '../measure/workload.js';
import { rxscope } from './library.js';
import { runningSync, subscribing } from './runs.js';
import { acquire, Handle, hold, release, use } from './scope.js';

/** What the body inside all scopes uses. */
const innermost = new Handle();

export function recursion(depth: number): number {
  if (depth === 0) return use(innermost);
  const handle = acquire();
  try {
    return recursion(depth - 1);
  } finally {
    release(handle);
  }
}

export function recurring(depth: number): Run {
  return (operations) => {
    for (let i = 0; i < operations; i += 1) recursion(depth);
  };
}

function byUsing(depth: number): Observable<Handle> {
  if (depth === 0) return of(innermost);
  return using(hold, () => byUsing(depth - 1));
}

function byRxscope(depth: number, resource = rxscope.resource({ acquire, release })): Observable<Handle> {
  if (depth === 0) return of(innermost);
  return rxscope.using(resource, () => byRxscope(depth - 1, resource));
}

function byFinalize(depth: number): Observable<Handle> {
  if (depth === 0) return of(innermost);
  return of(depth).pipe(
    mergeMap(() => {
      const handle = acquire();
      return byFinalize(depth - 1).pipe(finalize(() => release(handle)));
    }),
  );
}

function byEffect(depth: number): Effect.Effect<number> {
  if (depth === 0) return Effect.sync(() => use(innermost));
  return Effect.acquireUseRelease(
    Effect.sync(acquire),
    () => byEffect(depth - 1),
    (handle) => Effect.sync(() => release(handle)),
  );
}

export const workloads: readonly Workload[] = [10, 100, 1000].map((depth) => ({
  id: `W11 ${depth}`,
  title: `nested by hand ${depth} deep, synchronous`,
  kind: 'time',
  unit: 'level',
  units: depth,
  work: { opened: depth, used: 1, closed: depth },
  floor: { name: 'recursion', prepare: () => recurring(depth) },
  variants: [
    { name: 'rxjs using', prepare: () => subscribing(byUsing(depth)) },
    { name: 'rxscope', prepare: () => subscribing(byRxscope(depth)) },
    // Overflows the stack at 1,000.
    ...(depth < 1000 ? [{ name: 'rxjs mergeMap + finalize', prepare: () => subscribing(byFinalize(depth)) }] : []),
    { name: 'Effect', prepare: () => runningSync(byEffect(depth)) },
  ],
  goals: [{ variant: 'rxscope', against: 'rxjs using', atMost: 1.2 }],
}));
