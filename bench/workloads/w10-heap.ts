import { NEVER } from 'rxjs';
import type { Run, Workload } from '../measure/workload.js';
import { rxscope } from './library.js';
import { leaving, repeating, runningSync, subscribing } from './runs.js';
import { acquire, acquireLater, release, releaseLater, useLater } from './scope.js';
import { byEffect, byFinalize, byHand, byRxscope, byUsing } from './synchronous-scopes.js';

function unsubscribed(): Run {
  return leaving(rxscope.using(rxscope.resource({ acquire, release }), () => NEVER));
}

function asynchronous(): Run {
  const scope = rxscope.using(rxscope.resource({ acquire: acquireLater, release: releaseLater }), useLater);
  return repeating(() => rxscope.lastValue(scope));
}

/** More or less than the heap of an idle process moves by itself. */
const flat = 200;

export const workloads: readonly Workload[] = [
  {
    id: 'W10',
    title: 'heap after 1,000,000 scopes',
    kind: 'growth',
    unit: 'KiB',
    operations: 1_000_000,
    variants: [
      { name: 'new Observable + try/finally', prepare: () => subscribing(byHand()) },
      { name: 'rxjs using', prepare: () => subscribing(byUsing()) },
      { name: 'rxjs defer + finalize', prepare: () => subscribing(byFinalize()) },
      { name: 'Effect', prepare: () => runningSync(byEffect()) },
      { name: 'rxscope', prepare: () => subscribing(byRxscope()) },
      { name: 'rxscope, unsubscribed', prepare: unsubscribed },
      { name: 'rxscope, asynchronous', prepare: asynchronous },
    ],
    goals: [
      { variant: 'rxscope', atMost: flat },
      { variant: 'rxscope, unsubscribed', atMost: flat },
      { variant: 'rxscope, asynchronous', atMost: flat },
    ],
  },
];
