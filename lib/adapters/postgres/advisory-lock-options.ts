import { asyncScheduler, type SchedulerLike } from 'rxjs';

import { checkChoice, checkDuration } from '../../internal/check.js';
import type { FencingOptions } from './fenced-number.js';

/** How {@link advisoryLock} is taken. Times are milliseconds. */
export interface AdvisoryLockOptions {
  /** Shown in errors and by `openResources()`. Default `advisory lock` and the key. */
  readonly name?: string;
  /** Set apart from what other programs lock in the same database, for keys that are strings. Default: none. */
  readonly namespace?: string;
  /** Whether others may hold it at the same time that ask for it in this way too. Default `false`: nobody else may. */
  readonly shared?: boolean;
  /**
   * How long to wait, counted from when there is a session to wait on; then it fails with a `LockNotAcquiredError`. 0 asks
   * once. Default `Infinity`.
   */
  readonly acquireTimeout?: number;
  /** How long the statement that lets go may take before the session is broken off instead. Default 5 seconds. */
  readonly unlockTimeout?: number;
  /**
   * How often the session is asked whether it is still there, where nothing runs on it; no answer until the next time means
   * lost. Default 0: never. A session that the server ends is noticed at once in any case; this is for networks
   * that fall silent.
   */
  readonly keepAlive?: number;
  /** Whether to draw a number that is higher than that of each holder before, see {@link fenced}. Default `false`. */
  readonly fencing?: boolean | FencingOptions;
  /**
   * What becomes of a connection that leads to a proxy and not to the server: refused with a `ProxiedSessionError`, the
   * default, or taken for a session (`'session'`), for a pooler that gives each client a session of its own.
   */
  readonly proxy?: 'refuse' | 'session';
  /** For the timers. Default: RxJS's `asyncScheduler`. */
  readonly scheduler?: SchedulerLike;
}

/** The options with their defaults, checked. */
export interface LockSettings {
  readonly acquireTimeout: number;
  readonly unlockTimeout: number;
  readonly keepAlive: number;
  readonly fencing: FencingOptions | null;
  readonly proxy: 'refuse' | 'session';
  readonly scheduler: SchedulerLike;
}

export function lockSettings(options: AdvisoryLockOptions): LockSettings {
  const { acquireTimeout = Infinity, unlockTimeout = 5_000, keepAlive = 0 } = options;
  const { shared = false, fencing = false, proxy = 'refuse', scheduler = asyncScheduler } = options;
  for (const [name, ms] of Object.entries({ acquireTimeout, unlockTimeout, keepAlive })) checkDuration(ms, name);
  checkChoice(proxy, 'proxy', ['refuse', 'session']);
  if (shared && fencing !== false) {
    throw new TypeError('Expected no fencing with shared: numbers tell holders apart that come one after the other.');
  }
  const numbers = fencing === true ? {} : fencing || null;
  return { acquireTimeout, unlockTimeout, keepAlive, fencing: numbers, proxy, scheduler };
}
