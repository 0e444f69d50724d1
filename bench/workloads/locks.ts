/**
 * Locks of one or more permits, and what is done under them.
 *
 * Every holder keeps its permit for one microtask, on all sides: without any, a scope without promises would be through
 * before the second comes, and nobody would ever wait.
 */
import { Mutex, Semaphore } from 'async-mutex';
import { Sema } from 'async-sema';
import { Effect, Semaphore as EffectSemaphore } from 'effect';
import pLimit from 'p-limit';
import { tally } from '../measure/tally.js';
import type { Tally } from '../measure/workload.js';
import { rxscope } from './library.js';
import { awaiting, subscribing, type Workers } from './workers.js';

export interface Locking {
  readonly name: string;
  open(permits: number): Workers;
}

/** Fails where more are inside than may be. */
function sectionOf(permits: number): () => Promise<void> {
  return async () => {
    tally.opened += 1;
    if (tally.opened - tally.closed > permits) throw new Error(`More than ${permits} inside at once.`);
    tally.used += 1;
    await undefined;
    tally.closed += 1;
  };
}

/** What so many turns of workers add to the tally. */
export const turns = (count: number): Tally => ({ opened: count, used: count, closed: count });

/** Whoever comes is appended to the last; none may fail, and none can leave. */
function chain(): Workers {
  const section = sectionOf(1);
  let tail = Promise.resolve();
  return awaiting(() => (tail = tail.then(section)));
}

/** The same for several permits: a number, and an array with a head index of those who wait. */
function counted(permits: number): Workers {
  const section = sectionOf(permits);
  const waiting: (() => void)[] = [];
  let head = 0;
  let free = permits;
  return awaiting(async () => {
    if (free > 0) free -= 1;
    else await new Promise<void>((resolve) => waiting.push(resolve));
    try {
      await section();
    } finally {
      if (head < waiting.length) waiting[head++]?.();
      else free += 1;
      if (head === waiting.length) waiting.length = head = 0;
    }
  });
}

export const floor: Locking = {
  name: 'promise chain',
  open: (permits) => (permits === 1 ? chain() : counted(permits)),
};

export const asyncSema: Locking = {
  name: 'async-sema',
  open: (permits) => {
    const section = sectionOf(permits);
    const sema = new Sema(permits, { capacity: 1000 });
    return awaiting(async () => {
      await sema.acquire();
      try {
        await section();
      } finally {
        sema.release();
      }
    });
  },
};

export const limited: Locking = {
  name: 'p-limit',
  open: (permits) => {
    const section = sectionOf(permits);
    const limit = pLimit(permits);
    return awaiting(() => limit(section));
  },
};

export const asyncMutex: Locking = {
  name: 'async-mutex',
  open: (permits) => {
    const section = sectionOf(permits);
    const lock = permits === 1 ? new Mutex() : new Semaphore(permits);
    return awaiting(() => lock.runExclusive(section));
  },
};

export const effect: Locking = {
  name: 'Effect',
  open: (permits) => {
    const section = sectionOf(permits);
    const program = EffectSemaphore.makeUnsafe(permits).withPermit(Effect.promise(section));
    return awaiting(() => Effect.runPromise(program));
  },
};

const scopeOf = (permits: number) => {
  const { permit } = permits === 1 ? { permit: rxscope.mutex().lock } : rxscope.semaphore(permits);
  return rxscope.using(permit, sectionOf(permits));
};

export const own: Locking = {
  name: 'rxscope',
  open: (permits) => subscribing(scopeOf(permits)),
};

export const ownAwaited: Locking = {
  name: 'rxscope, awaited by lastValue',
  open: (permits) => {
    const scope = scopeOf(permits);
    return awaiting(() => rxscope.lastValue(scope));
  },
};
