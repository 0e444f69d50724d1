import type { Burst, Workload } from '../measure/workload.js';
import { connect, type Hold, own, pause, redisSemaphore, redlock, type RedisLocking } from './redis-locks.js';

const clients = 20;
/** Milliseconds that each holds it. */
const holding = 5;

/** Twenty connections, as in as many processes, want one lock at once. Each has to get it. */
function contention({ open, name }: RedisLocking): Burst {
  let holds: Promise<readonly Hold[]> | undefined;
  return async () => {
    holds ??= Promise.all(
      Array.from({ length: clients }, async () => open(await connect(), `bench:contended:${name}`)),
    );
    const all = await holds;
    let inside = 0;
    let served = 0;
    const start = performance.now();
    await Promise.all(
      all.map((hold) =>
        hold(async () => {
          if (++inside > 1) throw new Error(`Two hold the lock of ${name} at once.`);
          await pause(holding);
          inside -= 1;
          served += 1;
        }),
      ),
    );
    return { within: performance.now() - start, created: served };
  };
}

export const workloads: readonly Workload[] = [
  {
    id: 'W13c',
    title: `lock in Redis: ${clients} clients who hold it for ${holding} ms each; all served within (handles made: served)`,
    kind: 'burst',
    unit: 'ms',
    variants: [own, redlock, redisSemaphore].map((locking) => ({
      name: locking.name,
      prepare: () => contention(locking),
    })),
    goals: [{ variant: 'rxscope', atMost: 150 }],
  },
];
