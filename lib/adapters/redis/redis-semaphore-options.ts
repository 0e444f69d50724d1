import { checkCount, checkKeys } from '../../internal/check.js';
import { lockPlan, type LockPlan, type RedisLockOptions } from './lock-options.js';

/** How {@link redisSemaphore} counts. */
export interface RedisSemaphoreOptions {
  /**
   * Milliseconds a permit lasts on the server without being renewed: how long it is missing when its holder's process dies. Default
   * 10,000. Below some 100 ms pauses of the event loop and of the network cost the permit.
   */
  readonly ttl?: number;
  /** Milliseconds to wait for a permit; then it fails with a `PermitNotAcquiredError`. 0 asks once. Default: `Infinity`. */
  readonly acquireTimeout?: number;
  /** Whether it is renewed, every third of `ttl`, for as long as it is held. Default `true`. */
  readonly renew?: boolean;
  /**
   * Milliseconds that an answer is waited for when asking once, when giving back and when leaving the line: what could not be given back in
   * that time expires. Default: a tenth of `ttl`, 50 at least.
   */
  readonly nodeTimeout?: number;
  /**
   * Most milliseconds between two attempts while waiting. Messages wake earlier, and so does the moment at which the next permit
   * expires: this is for those that get lost. One who has not asked for three times as long loses its place in the line. Default
   * 1000.
   */
  readonly pollInterval?: number;
  /** What its names in Redis begin with. Default `'semaphore:'`. */
  readonly prefix?: string;
  /** Who holds a permit, for whoever looks at the server. Default: host and process id. */
  readonly owner?: string;
  /** Shown in errors and by `openResources()`. Default `'redisSemaphore(key)'`. */
  readonly name?: string;
  /** For all its timers, and for its time. Default: RxJS's `asyncScheduler`, with a clock that nobody can set. */
  readonly scheduler?: RedisLockOptions['scheduler'];
}

/** Options with nothing left open. */
export interface SemaphorePlan extends LockPlan {
  readonly permits: number;
  /** For `HeldLock`, in place of "The lock". */
  readonly what: string;
}

const KNOWN: readonly (keyof RedisSemaphoreOptions)[] = [
  ...(['ttl', 'acquireTimeout', 'renew', 'nodeTimeout', 'pollInterval'] as const),
  ...(['prefix', 'owner', 'name', 'scheduler'] as const),
];

/** Checks what was handed in, at the call. */
export function semaphorePlan(key: string, permits: number, options: RedisSemaphoreOptions): SemaphorePlan {
  checkKeys(options, 'the options of redisSemaphore()', KNOWN);
  if (permits !== Infinity) checkCount(permits, 'permits', 1);
  else throw new RangeError('Expected permits to be a whole number, received Infinity, which needs no semaphore.');
  const plan = lockPlan(key, { ...options, name: options.name ?? `redisSemaphore(${key})` } as RedisLockOptions);
  return { ...plan, permits, what: 'A permit of' };
}
