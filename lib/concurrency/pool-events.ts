import type { DestroyReason } from './pool-item.js';

/** One who has borrowed from a pool. */
export interface PoolHolder {
  /** Name of the resource it was borrowed through; `named()` gives it a better one. */
  readonly name: string;
  /** Milliseconds since it was lent. */
  readonly heldFor: number;
  /** Where it was borrowed; only with `leakAfter` or `reclaimAfter`. */
  readonly stack: string | null;
}

/**
 * What happens in a pool, for logs and metrics. Times are milliseconds.
 *
 * - `created`, `create-failed`: a handle was made, or could not be; `took` so long; after a failure the next try comes in `retryIn`.
 * - `borrowed`: lent, after `waited`. `returned`: back, after `used`.
 * - `gave-up`: one who waited was refused with `error`, or has left (`null`).
 * - `validated`: asked `validate`, which took so long; `isValid` is what it said, `error` what it failed with. `reset`: the same.
 * - `destroyed`: gone, for this reason; destroying took so long. `destroy-failed`: the same, with what its release failed with.
 * - `leaked`: borrowed for longer than `leakAfter`. `unleaked`: such a one has come back after all.
 */
export type PoolEvent =
  | { readonly type: 'created'; readonly took: number }
  | { readonly type: 'create-failed'; readonly took: number; readonly error: unknown; readonly retryIn: number }
  | { readonly type: 'borrowed'; readonly waited: number }
  | { readonly type: 'returned'; readonly used: number }
  | { readonly type: 'gave-up'; readonly waited: number; readonly error: unknown }
  | { readonly type: 'validated' | 'reset'; readonly took: number; readonly isValid: boolean; readonly error: unknown }
  | { readonly type: 'destroyed'; readonly took: number; readonly reason: DestroyReason }
  | {
      readonly type: 'destroy-failed';
      readonly took: number;
      readonly reason: DestroyReason;
      readonly error: unknown;
    }
  | { readonly type: 'leaked' | 'unleaked'; readonly holder: PoolHolder };

/** What a pool is at just now, and what it has done. A frozen copy. */
export interface PoolStats {
  readonly max: number;
  readonly min: number;
  /** All handles there are: idle, borrowed, being made, being destroyed. Never more than `max`. */
  readonly total: number;
  /** Not borrowed, those being validated or reset included. */
  readonly idle: number;
  readonly borrowed: number;
  readonly creating: number;
  readonly destroying: number;
  readonly waiting: number;
  /** Of those idle: being validated or reset. */
  readonly checking: number;
  /** Loans that are out; more than `borrowed` where handles are shared. */
  readonly leases: number;
  /** Loans told as leaked that are still out. */
  readonly leaked: number;
  /**
   * Everybody who has asked so far; always the sum of those lent a handle at once (`direct`) or after waiting (`served`), of
   * those who `timedOut`, `left` or were `refused`, and of those who wait.
   */
  readonly asked: number;
  readonly direct: number;
  readonly served: number;
  readonly timedOut: number;
  readonly left: number;
  readonly refused: number;
  readonly created: number;
  readonly createFailures: number;
  readonly destroyFailures: number;
  /** How many were destroyed, by reason. */
  readonly destroyed: Readonly<Record<DestroyReason, number>>;
  /** What the last try to make a handle failed with; `null` once one was made. */
  readonly lastCreateError: unknown;
}

/** Answers of {@link Pool.close}. */
export interface PoolReport {
  /** How many handles were destroyed by closing. */
  readonly destroyed: number;
  /** The borrowers that were ended. */
  readonly forced: readonly PoolHolder[];
}
