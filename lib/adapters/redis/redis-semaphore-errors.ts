import { ResourceError, type ResourceErrorOptions } from '../../core/index.js';
import type { SemaphorePlan } from './redis-semaphore-options.js';

/** What {@link PermitNotAcquiredError} is told. */
export interface PermitNotAcquiredOptions extends ResourceErrorOptions {
  readonly key: string;
  readonly permits: number;
  readonly held: number | undefined;
  readonly ahead: number | undefined;
}

/**
 * A permit was not to be had: all were out for as long as `acquireTimeout` allows to wait, or the server could not be reached. The
 * message says which; `cause` is what the server or the connection failed with.
 */
export class PermitNotAcquiredError extends ResourceError {
  override name = 'PermitNotAcquiredError';
  override readonly code = 'RXSCOPE_PERMIT_NOT_ACQUIRED';
  /** Name of the semaphore. */
  readonly key: string;
  /** How many permits there are. */
  readonly permits: number;
  /** How many were out when it was last asked, or all of them in this process; undefined where neither is known. */
  readonly held: number | undefined;
  /** How many were ahead in the line then: the one on the server, or that of this process. */
  readonly ahead: number | undefined;

  constructor(message: string, options: PermitNotAcquiredOptions) {
    super(message, options);
    this.key = options.key;
    this.permits = options.permits;
    this.held = options.held;
    this.ahead = options.ahead;
  }
}

/** What is known of those who have permits, and of those who wait. */
interface Counts {
  readonly held?: number;
  readonly ahead?: number;
}

/** Why there is no permit, in words. With a `cause` it is a failure, else it was waited for in vain. */
export function noPermit(
  plan: SemaphorePlan,
  what: string,
  { held, ahead }: Counts,
  cause: { readonly cause?: unknown } = {},
): PermitNotAcquiredError {
  const { key, name, permits, acquireTimeout } = plan;
  const asked = acquireTimeout === 0 ? 'It was asked once' : `It was waited for ${String(acquireTimeout)} ms`;
  const why =
    'cause' in cause ? 'Failures are not waited out: pipe retryAcquire()' : `${asked}, as acquireTimeout says`;
  return new PermitNotAcquiredError(`The semaphore "${key}" ${what}. ${why}.`, {
    ...{ key, permits, held, ahead, resource: name },
    ...cause,
  });
}

/** The same where all are out. */
export function noneFree(plan: SemaphorePlan, counts: Required<Counts>): PermitNotAcquiredError {
  const { held, ahead } = counts;
  return noPermit(
    plan,
    `has ${String(held)} of ${String(plan.permits)} permits out, and ${String(ahead)} who wait`,
    counts,
  );
}

/** The same for one who has not come so far as to ask. `held`: how many are out in this process. */
export function noTurn(plan: SemaphorePlan, counts: Required<Counts>): PermitNotAcquiredError {
  if (counts.held === plan.permits) return noneFree(plan, counts);
  return noPermit(plan, 'is waited for by as many scopes of this process as it has permits', {});
}
