import { hostname } from 'node:os';
import { pid } from 'node:process';

import { asyncScheduler, type SchedulerLike } from 'rxjs';

import { checkKeys } from '../../internal/check.js';
import { LONGEST_DELAY } from '../../internal/clock.js';

/** How {@link redisLock} locks. */
export interface RedisLockOptions {
  /**
   * Milliseconds the lock lasts on the server without being renewed: how long others wait when the holder's process dies.
   * Default 10,000. Below some 100 ms pauses of the event loop and of the network cost the lock.
   */
  readonly ttl?: number;
  /**
   * Milliseconds to wait for the lock; then it fails with a `LockNotAcquiredError`. 0 asks once. Default: `Infinity`.
   */
  readonly acquireTimeout?: number;
  /** Whether it is renewed, every third of `ttl`, for as long as it is held. Default `true`. */
  readonly renew?: boolean;
  /**
   * Milliseconds that the answer of one of several nodes is waited for when acquiring, and of any when releasing: a key that
   * could not be deleted in that time expires. Default: a tenth of `ttl`, 50 at least.
   */
  readonly nodeTimeout?: number;
  /**
   * Most milliseconds between two attempts while waiting. Messages wake earlier, and so does the end of the holder's `ttl`: this is
   * for those that get lost. Default 1000.
   */
  readonly pollInterval?: number;
  /** What its names in Redis begin with. Default `'lock:'`. */
  readonly prefix?: string;
  /** Who holds it, for others to read in errors. Default: host and process id. */
  readonly owner?: string;
  /** Shown in errors and by `openResources()`. Default `'redisLock(key)'`. */
  readonly name?: string;
  /** For all its timers, and for its time. Default: RxJS's `asyncScheduler`, with a clock that nobody can set. */
  readonly scheduler?: SchedulerLike;
}

/** Options with nothing left open. */
export interface LockPlan extends Required<Omit<RedisLockOptions, 'prefix'>> {
  readonly key: string;
  /** Milliseconds the lock can be relied on from when it was asked for. */
  readonly validity: number;
  /** What is held, at the start of a sentence. Default: 'The lock'. */
  readonly what?: string;
}

/** Checks what was handed in, at the call. */
export function lockPlan(key: string, options: RedisLockOptions): LockPlan {
  if (typeof key !== 'string' || key === '') {
    throw new TypeError(`Expected the name of the lock to be a string, not empty, received ${JSON.stringify(key)}.`);
  }
  checkKeys(options, 'the options of redisLock()', KNOWN);
  const { ttl = 10_000, acquireTimeout = Infinity, pollInterval = 1000 } = options;
  const { nodeTimeout = Math.max(50, ttl / 10), renew = true, scheduler = asyncScheduler } = options;
  const { owner = `${hostname()}:${String(pid)}`, name = `redisLock(${key})` } = options;
  checkTime(ttl, 'ttl', 10, LONGEST_DELAY);
  checkTime(nodeTimeout, 'nodeTimeout', 1, LONGEST_DELAY);
  checkTime(pollInterval, 'pollInterval', 1, LONGEST_DELAY);
  if (acquireTimeout !== Infinity) checkTime(acquireTimeout, 'acquireTimeout', 0, LONGEST_DELAY);
  const validity = ttl - drift(ttl);
  return { key, ttl, validity, acquireTimeout, pollInterval, nodeTimeout, renew, scheduler, owner, name };
}

const KNOWN: readonly (keyof RedisLockOptions)[] = [
  'ttl',
  'acquireTimeout',
  'renew',
  'nodeTimeout',
  'pollInterval',
  'prefix',
  'owner',
  'name',
  'scheduler',
];

/** How much faster the clock of a server may run, and what its expiry is rounded by: the margin of Redlock. */
function drift(ttl: number): number {
  return ttl / 100 + 2;
}

function checkTime(value: number, what: string, least: number, most: number): void {
  if (typeof value === 'number' && value >= least && value <= most) return;
  throw new RangeError(
    `Expected ${what} to be a number of milliseconds from ${String(least)} to ${String(most)}, received ${String(value)}.`,
  );
}
