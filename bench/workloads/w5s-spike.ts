import { setTimeout as wait } from 'node:timers/promises';
import { created } from '../measure/burst.js';
import type { Burst, Workload } from '../measure/workload.js';
import { Connection, own, ownAcquired, peers, type Pooling } from './pools.js';
import type { Workers } from './workers.js';

const callers = 50;
const warm = 5;

/** Milliseconds that it takes to make a connection, and that a caller needs one. */
const creating = 150;
const using = 2;

/**
 * Five connections are there and free; then fifty callers come at once, each for one short moment. Those five can serve all of
 * them long before a sixth has been made.
 */
function burst({ open }: Pooling): Burst {
  return async () => {
    let made = 0;
    let use = meeting(warm);
    const workers: Workers = open({
      min: warm,
      max: callers,
      create: async () => {
        made += 1;
        await wait(creating);
        return new Connection();
      },
      use: () => use(),
    });
    await workers(warm, 1);
    use = () => wait(using);
    await wait(2 * creating); // whatever has been begun meanwhile is there as well
    const before = made;
    const start = performance.now();
    await workers(callers, 1);
    const within = performance.now() - start;
    await wait(2 * creating);
    return { within, created: made - before };
  };
}

/** Holds all until so many are there, so that there is a connection for each. */
function meeting(size: number): () => Promise<void> {
  let left = size;
  let open!: () => void;
  const all = new Promise<void>((resolve) => (open = resolve));
  return () => {
    left -= 1;
    if (left === 0) open();
    return all;
  };
}

export const workloads: readonly Workload[] = [
  {
    id: 'W5s',
    title:
      'spike: 50 callers of 2 ms each, 5 connections are there, another takes 150 ms; served within, and made for it',
    kind: 'burst',
    unit: 'ms',
    variants: [own, ownAcquired, ...peers].map((pooling) => ({ name: pooling.name, prepare: () => burst(pooling) })),
    goals: [own, ownAcquired].flatMap(({ name }) => [
      { variant: name, atMost: 30 },
      { variant: created(name), atMost: 2, unit: 'handles' },
    ]),
  },
];
