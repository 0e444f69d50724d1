import type { Variant, Workload } from '../measure/workload.js';
import { asyncMutex, asyncSema, floor, limited, type Locking, own, turns } from './locks.js';

/** Locks in one operation, whatever the number of those who want it at once. */
const locks = 100_000;

const at = ({ name, open }: Locking, waiters: number): Variant => ({
  name: `${name}, ${waiters.toLocaleString('en')} waiters`,
  prepare: () => {
    const workers = open(1);
    return (operations) => workers(waiters, (locks / waiters) * operations);
  },
});

/** Takes seconds for each operation with more. Effect would take a minute. */
const slow = [1000, 10_000].map((waiters) => at(asyncMutex, waiters));

const linear = [own, asyncSema, limited].flatMap((locking) =>
  [1000, 10_000, 100_000].map((waiters) => at(locking, waiters)),
);

export const workloads: readonly Workload[] = [
  {
    id: 'W6g',
    title: 'lock with more and more waiters',
    kind: 'time',
    unit: 'lock',
    units: locks,
    work: turns(locks),
    floor: at(floor, 1000),
    variants: [at(floor, 10_000), at(floor, 100_000), ...linear, ...slow],
    goals: [
      { variant: 'rxscope, 10,000 waiters', against: 'rxscope, 1,000 waiters', atMost: 2 },
      { variant: 'rxscope, 100,000 waiters', against: 'rxscope, 1,000 waiters', atMost: 2.2 },
    ],
  },
];
