/** A lock that is held: the handle of {@link redisLock}. */
export interface RedisLock {
  /** Name of the lock. */
  readonly key: string;
  /** What stands under its key in Redis. No other acquisition has the same, anywhere. */
  readonly token: string;
  /** Higher than that of every holder before. Send it along with what is written, to a store that refuses lower ones. */
  readonly fencing: number;
  /** Until when it can be relied on, by a clock that nobody can set (`performance.now()`). Every renewal moves it. */
  readonly deadline: number;
  /** Milliseconds until `deadline`; 0 where it is not held. */
  readonly remaining: number;
  /**
   * `held`; `lost` since before the scope ended, or found to be so when it was released; `releasing`; `released`, when the server has
   * confirmed it.
   */
  readonly state: 'held' | 'lost' | 'releasing' | 'released';
  /** Whether it can be relied on at this moment: `held`, and the deadline has not passed. */
  readonly isHeld: boolean;
  /** Aborts with the `LockLostError` when it is lost. Made when it is read. */
  readonly signal: AbortSignal;
  /**
   * Throws the `LockLostError` unless `isHeld`. Call it right before what must not happen without the lock: timers are late where the event loop was
   * blocked, or the machine asleep, and this is not.
   */
  check(): void;
}
