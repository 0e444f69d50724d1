import DisposableStackPolyfill from 'disposablestack/DisposableStack';
import { of } from 'rxjs';
import type { Run, Workload } from '../measure/workload.js';
import { runningSync, subscribing } from './runs.js';
import { acquire, observer, oneScope, release, use } from './scope.js';
import { byEffect, byFinalize, byHand, byRxscope, byUsing } from './synchronous-scopes.js';

/** No scope at all: what the body alone costs. */
function bare(): Run {
  return (operations) => {
    for (let i = 0; i < operations; i += 1) {
      const handle = acquire();
      of(handle).subscribe(observer);
      release(handle);
    }
  };
}

function disposableStack(operations: number): void {
  for (let i = 0; i < operations; i += 1) {
    const stack = new DisposableStackPolyfill();
    use(stack.adopt(acquire(), release));
    stack.dispose();
  }
}

export const workloads: readonly Workload[] = [
  {
    id: 'W1',
    title: 'one synchronous scope: acquire, one value, release (observable built once)',
    kind: 'time',
    unit: 'scope',
    units: 1,
    work: oneScope,
    floor: { name: 'new Observable + try/finally', prepare: () => subscribing(byHand()) },
    variants: [
      { name: 'bare inner observable', prepare: bare },
      { name: 'rxjs using', prepare: () => subscribing(byUsing()) },
      { name: 'rxscope', prepare: () => subscribing(byRxscope()) },
      { name: 'rxjs defer + finalize', prepare: () => subscribing(byFinalize()) },
      { name: 'Effect', prepare: () => runningSync(byEffect()) },
      { name: 'DisposableStack polyfill', prepare: () => disposableStack },
    ],
    goals: [{ variant: 'rxscope', against: 'rxjs using', atMost: 1.15 }],
  },
];
