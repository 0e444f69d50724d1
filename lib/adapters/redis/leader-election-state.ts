/**
 * Where a candidate is.
 *
 *     idle ──> campaigning ──> leading ──> stopping ──> waiting ──> campaigning …
 *       └────────────┴────────────┴───────────┴──────────────┴────> idle
 */
export type LeaderPhase = 'idle' | 'campaigning' | 'leading' | 'stopping' | 'waiting';

/** Who leads, as far as this candidate knows. */
export interface LeaderState {
  /** Who leads; `null` where nobody is known to. */
  readonly leader: string | null;
  /** The number of the term; no two leaders have the same. */
  readonly term: number | null;
  /** Whether it is this candidate, and can rely on it. */
  readonly self: boolean;
  /** What this candidate does: `stopping` while its work ends, with the lease still held; `waiting` before it campaigns again. */
  readonly phase: LeaderPhase;
}

/** Who leads, as the back end tells it. */
export interface LeaderRecord {
  readonly leader: string;
  readonly term: number;
}

/** How a candidate is doing, for a health check. */
export interface LeaderHealth extends LeaderState {
  /** `false` where it leads, and the lease was not renewed for longer than `renewDeadline`. */
  readonly isHealthy: boolean;
  /** Milliseconds since the lease was renewed; 0 where it lasts as long as its session, or none is held. */
  readonly sinceRenewal: number;
  /** What campaigning, or watching who leads, has failed with last; `undefined` where it works. */
  readonly problem: unknown;
}
