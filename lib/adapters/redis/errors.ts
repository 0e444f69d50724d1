import { ResourceError, ResourceLostError, type ResourceErrorOptions } from '../../core/index.js';

/** What one node had to say to an attempt to take a lock. */
export type LockVote =
  | { readonly kind: 'granted'; readonly fencing: number }
  | {
      readonly kind: 'held';
      /** Who holds it, as named by the option `owner` over there; what stands under that key where it is no lock. */
      readonly holder: string;
      /** Milliseconds until it expires there, unless it is renewed. `Infinity` where it does not expire. */
      readonly remaining: number;
    }
  | { readonly kind: 'failed'; readonly error: unknown }
  | { readonly kind: 'silent' };

/** What {@link LockNotAcquiredError} is told. */
export interface LockNotAcquiredOptions extends ResourceErrorOptions {
  /** Name of the lock. */
  readonly key: string;
  /** What each node had to say last, in the order in which the clients were handed over. */
  readonly votes: readonly LockVote[];
}

/**
 * A lock was not to be had: others held it for as long as `acquireTimeout` allows to wait, or not enough nodes could be
 * reached. The message says which, and by whom it is held; `votes` has it node by node.
 *
 * @example
 * ```ts
 * import { Redis } from 'ioredis';
 * import { andThen, lastValue, using } from 'rxscope';
 * import { LockNotAcquiredError, redisClient, redisLock } from 'rxscope/redis';
 *
 * const client = redisClient(() => new Redis(process.env['REDIS_URL'] ?? ''));
 * const tried = using(client.pipe(andThen((redis) => redisLock(redis, 'report', { owner: 'worker 1' }))), () =>
 *   using(client.pipe(andThen((redis) => redisLock(redis, 'report', { acquireTimeout: 0 }))), () => ['in']),
 * );
 * const error: unknown = await lastValue(tried).catch((reason: unknown) => reason);
 * error instanceof LockNotAcquiredError && error.holder; // => 'worker 1'
 * ```
 */
export class LockNotAcquiredError extends ResourceError {
  override name = 'LockNotAcquiredError';
  override readonly code = 'RXSCOPE_LOCK_NOT_ACQUIRED';
  /** Name of the lock. */
  readonly key: string;
  /** What each node had to say last, in the order in which the clients were handed over. */
  readonly votes: readonly LockVote[];

  constructor(message: string, options: LockNotAcquiredOptions) {
    super(message, options);
    this.key = options.key;
    this.votes = options.votes;
  }

  /** Who holds it, where a node knew. */
  get holder(): string | undefined {
    return this.held()?.holder;
  }

  /** Milliseconds until it expires unless it is renewed, where a node knew. */
  get remaining(): number | undefined {
    return this.held()?.remaining;
  }

  private held(): (LockVote & { readonly kind: 'held' }) | undefined {
    return this.votes.find((vote) => vote.kind === 'held');
  }
}

/**
 * Why a lock is not held any more: `expired`, when it could not be renewed in time, because a server was silent, the
 * connection broken or the event loop blocked; `taken`, when the server no longer had it: it was deleted, or the server has lost
 * its memory; `released`, when its scope has ended.
 */
export type LockLostReason = 'expired' | 'taken' | 'released';

/** A lock that was held is not held any more. Thrown by `lock.check()`, and the `cause` of the error its scope ends with. */
export class LockLostError extends ResourceLostError {
  override name = 'LockLostError';
  readonly reason: LockLostReason;

  constructor(message: string, reason: LockLostReason, options: ResourceErrorOptions = {}) {
    super(message, options);
    this.reason = reason;
  }
}

/**
 * A lock was had whose fencing number is not higher than one before: the back end has lost its count, in a restart without persistence or
 * in a failover. Whoever led now could not be told from a leader of the past.
 */
export class LeaderTermError extends ResourceError {
  override name = 'LeaderTermError';
  override readonly code = 'RXSCOPE_LEADER_TERM';
}
