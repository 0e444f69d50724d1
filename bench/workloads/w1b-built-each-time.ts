import { Effect } from 'effect';
import type { Observable } from 'rxjs';
import type { Run, Workload } from '../measure/workload.js';
import { type Handle, observer, oneScope } from './scope.js';
import { byEffect, byFinalize, byHand, byRxscope, byUsing, managed } from './synchronous-scopes.js';

/** Builds an observable for every subscription. */
function building(make: () => Observable<Handle>): Run {
  return (operations) => {
    for (let i = 0; i < operations; i += 1) make().subscribe(observer);
  };
}

function effect(operations: number): void {
  for (let i = 0; i < operations; i += 1) Effect.runSync(byEffect());
}

function rxscope(): Run {
  const resource = managed();
  return building(() => byRxscope(resource));
}

export const workloads: readonly Workload[] = [
  {
    id: 'W1b',
    title: 'one synchronous scope: acquire, one value, release (observable built each time)',
    kind: 'time',
    unit: 'scope',
    units: 1,
    work: oneScope,
    floor: { name: 'new Observable + try/finally', prepare: () => building(byHand) },
    variants: [
      { name: 'rxjs using', prepare: () => building(byUsing) },
      { name: 'rxscope', prepare: rxscope },
      { name: 'rxscope, resource built too', prepare: () => building(() => byRxscope()) },
      { name: 'rxjs defer + finalize', prepare: () => building(byFinalize) },
      { name: 'Effect', prepare: () => effect },
    ],
    goals: [
      { variant: 'rxscope', against: 'rxjs using', atMost: 1.1 },
      { variant: 'rxscope, resource built too', against: 'rxjs using', atMost: 1.1 },
    ],
  },
];
