/** Requests to one origin. */
export interface HttpOriginStats {
  /** Under way, or with a response that is still held. */
  readonly active: number;
  /** Waiting for a slot. */
  readonly waiting: number;
}

/** What a client is doing, and has done. A copy. */
export interface HttpClientStats extends HttpOriginStats {
  /** Requests that were begun; retries and redirects are not counted as such. */
  readonly requests: number;
  readonly retries: number;
  /** Redirects that were followed. */
  readonly redirects: number;
  /** Each origin that has something to do. */
  readonly origins: Readonly<Record<string, HttpOriginStats>>;
}
