import { from as ixFrom } from 'ix/asynciterable';
import { range } from 'rxjs';
import { bufferedValuesFrom, eachValueFrom } from 'rxjs-for-await';
import type { Workload } from '../measure/workload.js';
import { rxscope } from './library.js';
import { iterating, iteratingBatches, iteratorByHand, sumOf, throughEffect } from './streams.js';

function workload(count: number, title: string, atMost: number): Workload {
  const source = range(0, count);
  const iterable = () => rxscope.toAsyncIterable(source);
  const batches = () => rxscope.toAsyncIterable(source, { strategy: 'batch' });
  return {
    id: `W7 ${count}`,
    title: `observable to async iterator, ${title} synchronous values`,
    kind: 'time',
    unit: 'value',
    units: count,
    work: sumOf(count),
    floor: { name: 'array with a head index', prepare: () => iterating(() => iteratorByHand(source)) },
    variants: [
      { name: 'rxscope', prepare: () => iterating(iterable) },
      { name: 'rxscope eachValueFrom', prepare: () => iterating(() => rxscope.eachValueFrom(source)) },
      { name: 'rxscope batch', prepare: () => iteratingBatches(batches) },
      { name: 'Effect', prepare: () => iterating(() => throughEffect(source)) },
      { name: 'rxjs-for-await bufferedValuesFrom', prepare: () => iteratingBatches(() => bufferedValuesFrom(source)) },
      { name: 'rxjs-for-await eachValueFrom', prepare: () => iterating(() => eachValueFrom(source)) },
      { name: 'IxJS', prepare: () => iterating(() => ixFrom(source)) },
    ],
    goals: [
      { variant: 'rxscope', atMost },
      { variant: 'rxscope eachValueFrom', atMost },
      { variant: 'rxscope batch', atMost: 0.4 },
    ],
  };
}

export const workloads: readonly Workload[] = [workload(10_000, '10,000', 1.2), workload(100_000, '100,000', 1.15)];
