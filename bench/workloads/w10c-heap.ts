import { Mutex } from 'async-mutex';
import { createPool } from 'generic-pool';
import type { Observable } from 'rxjs';
import type { Run, Variant, Workload } from '../measure/workload.js';
import { rxscope } from './library.js';
import { repeating } from './runs.js';
import { acquire, release } from './scope.js';

/** A turn without a promise, counted as a scope. */
const turn = (): void => release(acquire());

/** The body of a scope that is over at once. */
const body = (): readonly never[] => {
  turn();
  return [];
};

const own = (name: string, prepare: () => Run): Variant => ({ name: `rxscope ${name}`, prepare });

/** One after the other. */
function entering(open: (index: number) => Observable<unknown>): Run {
  return (operations) => {
    for (let i = 0; i < operations; i += 1) open(i).subscribe();
  };
}

/** Waits where something is held for ever, and leaves again. */
function waiting(source: Observable<unknown>): Run {
  return (operations) => {
    for (let i = 0; i < operations; i += 1) {
      source.subscribe().unsubscribe();
      turn();
    }
  };
}

/** A hundred wait, and are let in one after the other. */
function crowding(gate: Observable<unknown>, source: Observable<unknown>): Run {
  return (operations) => {
    for (let i = 0; i < operations; i += 100) {
      const held = gate.subscribe();
      for (let j = 0; j < 100; j += 1) source.subscribe();
      held.unsubscribe();
    }
  };
}

/** Whatever has to be entered before the first operation. */
function within<T>(open: () => Promise<T>, run: (value: T) => Run): Run {
  const opening = open().then(run);
  return async (operations) => (await opening)(operations);
}

const connection = rxscope.resource({ acquire: () => 1, release: () => undefined });

const pooled = async () => (await rxscope.lease(rxscope.pool(connection, { max: 1 }))).value;

const kept = async () => (await rxscope.lease(rxscope.keyed((key: number) => rxscope.fromValue(key)))).value;

const owns: readonly Variant[] = [
  own('mutex', () => {
    const scope = rxscope.using(rxscope.mutex().lock, body);
    return entering(() => scope);
  }),
  own('mutex, waited for', () => {
    const { lock } = rxscope.mutex();
    return crowding(lock, rxscope.using(lock, body));
  }),
  own('mutex, left while waiting', () => {
    const { lock } = rxscope.mutex();
    lock.subscribe();
    return waiting(rxscope.using(lock, body));
  }),
  own('semaphore, weighted', () => {
    const semaphore = rxscope.semaphore(10);
    return crowding(semaphore.permits(7), rxscope.using(semaphore.permits(4), body));
  }),
  own('keyedMutex, a key each', () => {
    const locks = rxscope.keyedMutex<number>();
    return entering((key) => rxscope.using(locks.lock(key), body));
  }),
  own('pool', () =>
    within(pooled, ({ lease }) => {
      const scope = rxscope.using(lease, body);
      return entering(() => scope);
    }),
  ),
  own('pool, waited for', () => within(pooled, ({ lease }) => crowding(lease, rxscope.using(lease, body)))),
  own('pool, left while waiting', () =>
    within(pooled, ({ lease }) => {
      lease.subscribe();
      return waiting(rxscope.using(lease, body));
    }),
  ),
  own('pool, acquire', () =>
    within(pooled, (pool) =>
      repeating(async () => {
        const held = await pool.acquire();
        turn();
        await held.release();
      }),
    ),
  ),
  own('keyed, a key each', () =>
    within(kept, (instances) => entering((key) => rxscope.using(instances.get(key), body))),
  ),
  own('shareResource', () => {
    const scope = rxscope.using(connection.pipe(rxscope.shareResource()), body);
    return entering(() => scope);
  }),
];

const peers: readonly Variant[] = [
  {
    name: 'async-mutex',
    prepare: () => {
      const mutex = new Mutex();
      return repeating(() => mutex.runExclusive(turn));
    },
  },
  {
    name: 'generic-pool',
    prepare: () => {
      const pool = createPool({ create: async () => 1, destroy: async () => undefined }, { max: 1 });
      return repeating(async () => {
        const handle = await pool.acquire();
        turn();
        await pool.release(handle);
      });
    },
  },
];

/** More or less than the heap of an idle process moves by itself. */
const flat = 200;

export const workloads: readonly Workload[] = [
  {
    id: 'W10c',
    title: 'heap after 1,000,000 locks, leases, and waiters',
    kind: 'growth',
    unit: 'KiB',
    operations: 1_000_000,
    variants: [...owns, ...peers],
    goals: owns.map(({ name }) => ({ variant: name, atMost: flat })),
  },
];
