import type { Workload } from '../measure/workload.js';
import { turns } from './locks.js';
import { Connection, floor, own, ownAcquired, ownAwaited, peers, type Plan, type Pooling, touch } from './pools.js';
import { working } from './workers.js';

const plan: Plan = { min: 0, max: 10, create: async () => new Connection(), use: touch };

function workload(workers: number, title: string): Workload {
  const variant = ({ name, open }: Pooling) => ({ name, prepare: () => working(open(plan), workers) });
  return {
    id: `W5 ${workers}`,
    title: `pool of 10, ${title}`,
    kind: 'time',
    unit: 'lease',
    units: workers,
    work: turns(workers),
    floor: variant(floor),
    variants: [own, ownAcquired, ownAwaited, ...peers].map(variant),
    goals: [
      { variant: 'rxscope', atMost: 3.4 },
      { variant: 'rxscope acquire', atMost: 1.5 },
    ],
  };
}

export const workloads: readonly Workload[] = [
  workload(1, 'uncontended'),
  workload(100, '100 workers'),
  workload(1000, '1,000 workers'),
];
