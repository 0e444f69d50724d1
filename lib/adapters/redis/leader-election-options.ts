import { hostname } from 'node:os';
import { pid } from 'node:process';

import { asyncScheduler, isObservable, type Observable, type SchedulerLike } from 'rxjs';

import type { Resource } from '../../core/index.js';
import { checkDuration, checkKeys, kindOf } from '../../internal/check.js';
import type { LeaderLease } from './leader-election-port.js';
import type { LeaderRecord } from './leader-election-state.js';

/** How {@link leaderElection} is held. Times are milliseconds. */
export interface LeaderElectionOptions {
  /** What is entered to campaign, and held to lead: a lock that waits, with a fencing number. */
  readonly campaign: Resource<LeaderLease>;
  /** Who this candidate is. Default: host and process id. */
  readonly self?: string;
  /** Shown in errors. Default `'leader election'`. */
  readonly name?: string;
  /** How long the lease lasts unless it is renewed: the `ttl` of the lock. Default: what is left of it when it is acquired. */
  readonly lease?: number;
  /** So long without a renewal, and the work is stopped. Default: two thirds of the lease. */
  readonly renewDeadline?: number;
  /**
   * How long a request of the work may still be under way when the work has been stopped. Together with `renewDeadline` it has to be
   * less than the lease. Default: a tenth of the lease.
   */
  readonly requestTimeout?: number;
  /** How long to wait after resigning, and after losing, before campaigning again, so that others can lead. Default 1,000. */
  readonly coolDown?: number;
  /** How long to wait when campaigning fails: doubling from `initial` to `max`, and up to half of it less by chance. Default 100 to 5,000. */
  readonly backoff?: { readonly initial?: number; readonly max?: number };
  /** Who leads, as the back end tells it; subscribed while taking part, and again where it fails. Default: only oneself is known. */
  readonly watch?: Observable<LeaderRecord | null>;
  /** For all timers and times. Default: RxJS's `asyncScheduler`, with a clock that nobody can set. */
  readonly scheduler?: SchedulerLike;
}

/** The options with nothing left open but what only the lease can tell. */
export interface ElectionPlan {
  readonly campaign: Resource<LeaderLease>;
  readonly self: string;
  readonly name: string;
  readonly timing: { readonly lease?: number; readonly renewDeadline?: number; readonly requestTimeout?: number };
  readonly coolDown: number;
  readonly backoff: { readonly initial: number; readonly max: number };
  readonly watch: Observable<LeaderRecord | null> | null;
  readonly scheduler: SchedulerLike;
}

/** How long a lease lasts, and how much of that the work may use. */
export interface LeaseTiming {
  readonly lease: number;
  readonly renewDeadline: number;
}

const KEYS = [
  ...['campaign', 'self', 'name', 'lease', 'renewDeadline', 'requestTimeout'],
  ...['coolDown', 'backoff', 'watch', 'scheduler'],
];

export function electionPlan(options: LeaderElectionOptions): ElectionPlan {
  checkKeys(options, 'the options of leaderElection()', KEYS);
  const { campaign, lease, renewDeadline, requestTimeout, coolDown = 1_000, watch = null } = options;
  const { self = `${hostname()}:${String(pid)}`, name = 'leader election', scheduler = asyncScheduler } = options;
  const { initial = 100, max = 5_000 } = options.backoff ?? {};
  if (!isObservable(campaign)) {
    throw new TypeError(
      `Expected campaign to be a resource, a lock with a fencing number, received ${kindOf(campaign)}.`,
    );
  }
  if (watch !== null && !isObservable(watch)) {
    throw new TypeError(`Expected watch to be an observable, received ${kindOf(watch)}.`);
  }
  for (const [what, ms] of Object.entries({ coolDown, 'backoff.initial': initial, 'backoff.max': max })) {
    checkDuration(ms, what);
  }
  const timing = {
    ...(lease === undefined ? {} : { lease }),
    ...(renewDeadline === undefined ? {} : { renewDeadline }),
    ...(requestTimeout === undefined ? {} : { requestTimeout }),
  };
  for (const [what, ms] of Object.entries(timing)) checkDuration(ms, what);
  if (lease !== undefined) leaseTiming(timing, lease);
  return { campaign, self, name, timing, coolDown, backoff: { initial, max }, watch, scheduler };
}

/** Fills in what is missing. Refuses what would leave no time for a request that is under way when the work is stopped. */
export function leaseTiming(timing: ElectionPlan['timing'], found: number): LeaseTiming {
  const { lease = found, renewDeadline = (lease * 2) / 3, requestTimeout = lease / 10 } = timing;
  if (renewDeadline > 0 && renewDeadline + requestTimeout < lease) return { lease, renewDeadline };
  throw new RangeError(
    `Expected renewDeadline and requestTimeout together to be less than the lease, received ${String(renewDeadline)} and ` +
      `${String(requestTimeout)} ms with a lease of ${String(lease)} ms: work would go on when somebody else leads.`,
  );
}
