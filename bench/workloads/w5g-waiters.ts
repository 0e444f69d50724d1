import type { Variant, Workload } from '../measure/workload.js';
import { turns } from './locks.js';
import { Connection, floor, own, ownAcquired, peers, type Plan, type Pooling, touch } from './pools.js';

/** Leases in one operation, whatever the number of those who want one at once. */
const leases = 10_000;

const plan: Plan = { min: 0, max: 10, create: async () => new Connection(), use: touch };

const at = ({ name, open }: Pooling, workers: number): Variant => ({
  name: `${name}, ${workers.toLocaleString('en')} workers`,
  prepare: () => {
    const borrowing = open(plan);
    return (operations) => borrowing(workers, (leases / workers) * operations);
  },
});

const goal = (name: string) => ({
  variant: `${name}, 10,000 workers`,
  against: `${name}, 1,000 workers`,
  atMost: 2,
});

export const workloads: readonly Workload[] = [
  {
    id: 'W5g',
    title: 'pool of 10 with more and more workers',
    kind: 'time',
    unit: 'lease',
    units: leases,
    work: turns(leases),
    floor: at(floor, 1000),
    variants: [
      at(floor, 10_000),
      ...[own, ownAcquired, ...peers].flatMap((pooling) => [at(pooling, 1000), at(pooling, 10_000)]),
    ],
    goals: [goal('rxscope'), goal('rxscope acquire')],
  },
];
