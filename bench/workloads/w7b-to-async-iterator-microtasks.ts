import { from as ixFrom } from 'ix/asynciterable';
import { eachValueFrom } from 'rxjs-for-await';
import type { Workload } from '../measure/workload.js';
import { rxscope } from './library.js';
import { inMicrotasks, iterating, iteratorByHand, sumOf, throughEffect } from './streams.js';

const count = 10_000;

const source = inMicrotasks(count);

export const workloads: readonly Workload[] = [
  {
    id: 'W7b',
    title: 'observable to async iterator, 10,000 values in microtasks',
    kind: 'time',
    unit: 'value',
    units: count,
    work: sumOf(count),
    floor: { name: 'array with a head index', prepare: () => iterating(() => iteratorByHand(source)) },
    variants: [
      { name: 'rxscope', prepare: () => iterating(() => rxscope.toAsyncIterable(source)) },
      { name: 'rxscope eachValueFrom', prepare: () => iterating(() => rxscope.eachValueFrom(source)) },
      { name: 'Effect', prepare: () => iterating(() => throughEffect(source)) },
      { name: 'rxjs-for-await eachValueFrom', prepare: () => iterating(() => eachValueFrom(source)) },
      { name: 'IxJS', prepare: () => iterating(() => ixFrom(source)) },
    ],
    goals: [
      { variant: 'rxscope', atMost: 1.1 },
      { variant: 'rxscope eachValueFrom', atMost: 1.1 },
    ],
  },
];
