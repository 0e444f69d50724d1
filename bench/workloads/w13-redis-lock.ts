import type { Run, Workload } from '../measure/workload.js';
import { tally } from '../measure/tally.js';
import { bare, connect, type Hold, own, redisSemaphore, redlock, type RedisLocking } from './redis-locks.js';

/**
 * Until the machine code has the shape that it keeps. Rounds are counted in milliseconds, which are filled by a few dozen round trips:
 * without this they would be over while everything is still interpreted.
 */
const warmUp = 5000;

async function warm(hold: Hold): Promise<Hold> {
  for (let i = 0; i < warmUp; i += 1) await hold(() => undefined);
  return hold;
}

/** Acquires and releases, one after the other, on one client. */
function turns({ open, name }: RedisLocking): Run {
  let hold: Promise<Hold> | undefined;
  const use = (): void => {
    tally.used += 1;
  };
  return async (operations) => {
    hold ??= connect()
      .then((client) => open(client, `bench:${name}`))
      .then(warm);
    const held = await hold;
    for (let i = 0; i < operations; i += 1) {
      tally.opened += 1;
      await held(use);
      tally.closed += 1;
    }
  };
}

export const workloads: readonly Workload[] = [
  {
    id: 'W13',
    title: 'lock in Redis: acquire and release, nobody else wants it',
    kind: 'time',
    unit: 'lock',
    units: 1,
    patience: 8,
    work: { opened: 1, used: 1, closed: 1 },
    floor: { name: bare.name, prepare: () => turns(bare) },
    variants: [own, redlock, redisSemaphore].map((locking) => ({
      name: locking.name,
      prepare: () => turns(locking),
    })),
    goals: [{ variant: 'rxscope', atMost: 1.3 }],
  },
];
