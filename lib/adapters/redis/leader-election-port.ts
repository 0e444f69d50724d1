/**
 * What leading is held by: a lock that counts its holders. `redisLock` and `advisoryLock` with `fencing` answer such, and so may
 * anything else: a lease of etcd, a Web Lock.
 */
export interface LeaderLease {
  /** Higher than that of each holder before: the term. */
  readonly fencing: number | null;
  /** Whether it can be relied on at this moment. */
  readonly isHeld: boolean;
  /** Aborts when it cannot be relied on any more. */
  readonly signal: AbortSignal;
  /**
   * Until when it can be relied on if it is not renewed, by `performance.now()`; each renewal moves it. None where it lasts as long as a
   * session does.
   */
  readonly deadline?: number;
}
