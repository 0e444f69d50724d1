import type { Workload } from '../measure/workload.js';
import { asyncMutex, asyncSema, effect, floor, limited, type Locking, own, ownAwaited, turns } from './locks.js';
import { working } from './workers.js';

function workload(id: string, title: string, workers: number, permits: number, atMost: number): Workload {
  const variant = ({ name, open }: Locking) => ({ name, prepare: () => working(open(permits), workers) });
  return {
    id,
    title,
    kind: 'time',
    unit: 'lock',
    units: workers,
    work: turns(workers),
    floor: variant(permits === 1 ? floor : { ...floor, name: 'counter + queue' }),
    variants: [own, ownAwaited, asyncSema, limited, asyncMutex, effect].map(variant),
    goals: [{ variant: 'rxscope', atMost }],
  };
}

export const workloads: readonly Workload[] = [
  workload('W6 1', 'lock, uncontended', 1, 1, 2.4),
  workload('W6 1000', 'lock with 1,000 waiters', 1000, 1, 2.4),
  workload('W6 permits', 'ten permits with 1,000 waiters', 1000, 10, 1.3),
];
