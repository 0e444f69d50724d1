import { type Observable, of } from 'rxjs';
import type { Run, Workload } from '../measure/workload.js';
import { rxscope } from './library.js';
import { repeating, subscribing } from './runs.js';
import { acquire, acquireLater, Handle, release, releaseLater, useLater } from './scope.js';
import { recurring } from './w11-nested.js';
import { recursion } from './w11a-nested-asynchronous.js';

const count = 1000;

/** What the body uses. */
const innermost = new Handle();

const synchronous = () => rxscope.resource({ acquire, release });
const asynchronous = () => rxscope.resource({ acquire: acquireLater, release: releaseLater });

/** `combine` of that many members. */
const combined = <T>(resource: T): T[] => Array.from({ length: count }, () => resource);

const lasting = (scope: Observable<number>): Run => repeating(() => rxscope.lastValue(scope));

const adopted = () =>
  rxscope.scoped((stack) => {
    for (let i = 0; i < count; i += 1) stack.adopt(acquire(), release);
    return innermost;
  });

const adoptedLater = () =>
  rxscope.scoped(async (stack) => {
    for (let i = 0; i < count; i += 1) stack.adopt(await acquireLater(), releaseLater);
    return innermost;
  });

const enteredLater = () => {
  const resource = asynchronous();
  return rxscope.scoped(async (stack) => {
    for (let i = 0; i < count; i += 1) await stack.enter(resource);
    return innermost;
  });
};

/** Nothing has to be awaited here, so that the promises that `enter` answers are dropped. */
const entered = () => {
  const resource = synchronous();
  return rxscope.scoped((stack) => {
    for (let i = 0; i < count; i += 1) void stack.enter(resource);
    return innermost;
  });
};

const body = () => of(innermost);

const work = { opened: count, used: 1, closed: count };

const names = ['rxscope scoped, adopt', 'rxscope scoped, enter', 'rxscope combine'] as const;

const goals = (atMost: number) => names.map((variant) => ({ variant, atMost }));

export const workloads: readonly Workload[] = [
  {
    id: 'W11s sync',
    title: `one scope with ${count} resources in its stack, synchronous`,
    kind: 'time',
    unit: 'resource',
    units: count,
    work,
    floor: { name: `recursion ${count} deep`, prepare: () => recurring(count) },
    variants: [
      { name: names[0], prepare: () => subscribing(rxscope.using(adopted(), body)) },
      { name: names[1], prepare: () => subscribing(rxscope.using(entered(), body)) },
      { name: names[2], prepare: () => subscribing(rxscope.using(rxscope.combine(combined(synchronous())), body)) },
    ],
    goals: goals(6.5),
  },
  {
    id: 'W11s async',
    title: `one scope with ${count} resources in its stack, asynchronous with awaited release`,
    kind: 'time',
    unit: 'resource',
    units: count,
    work,
    floor: { name: `recursion ${count} deep`, prepare: () => repeating(() => recursion(count)) },
    variants: [
      { name: names[0], prepare: () => lasting(rxscope.using(adoptedLater(), useLater)) },
      { name: names[1], prepare: () => lasting(rxscope.using(enteredLater(), useLater)) },
      {
        name: names[2],
        prepare: () => lasting(rxscope.using(rxscope.combine(combined(asynchronous())), () => useLater(innermost))),
      },
    ],
    goals: goals(0.7),
  },
];
