/** What an error of this library is told when it is made. */
export interface ResourceErrorOptions {
  /** Name of the resource it is about. */
  readonly resource?: string;
  /** What led to it. */
  readonly cause?: unknown;
}

/**
 * Base of every error this library makes itself. Errors of users pass through as they are.
 *
 * `code` is stable, and equal across two copies of the package in one program, where `instanceof` is not.
 *
 * @example
 * ```ts
 * import { NEVER } from 'rxjs';
 * import { acquireTimeout, lastValue, resource, ResourceError } from 'rxscope';
 *
 * const stuck = resource({ name: 'socket', acquire: () => NEVER, interruptible: true }).pipe(acquireTimeout(5));
 * const error: unknown = await lastValue(stuck).catch((reason: unknown) => reason);
 * error instanceof ResourceError && [error.code, error.resource]; // => ['RXSCOPE_ACQUIRE_TIMEOUT', 'socket']
 * ```
 */
export class ResourceError extends Error {
  override name = 'ResourceError';
  /** Stable identifier to match on. */
  readonly code: string = 'RXSCOPE_RESOURCE';
  /** Name of the resource the error is about. */
  readonly resource: string;

  constructor(message: string, options: ResourceErrorOptions = {}) {
    super(message, 'cause' in options ? { cause: options.cause } : undefined);
    this.resource = options.resource ?? 'resource';
  }
}

/** Entering took longer than `acquireTimeout` allows. What comes late is released (law 13). */
export class AcquireTimeoutError extends ResourceError {
  override name = 'AcquireTimeoutError';
  override readonly code = 'RXSCOPE_ACQUIRE_TIMEOUT';
}

/** A release took longer than its `releaseTimeout`; unwinding went on without it (law 20). */
export class ReleaseTimeoutError extends ResourceError {
  override name = 'ReleaseTimeoutError';
  override readonly code = 'RXSCOPE_RELEASE_TIMEOUT';
}

/** The handle died while it was held; `cause` is what `lost` emitted or failed with (law 29). */
export class ResourceLostError extends ResourceError {
  override name = 'ResourceLostError';
  override readonly code = 'RXSCOPE_LOST';
}

/**
 * The consumer left. Thrown in at the `yield` of a generator body (law 24), and the reason of the acquire
 * context's signal. Swallow it or let it pass: either is fine.
 */
export class UnsubscribedError extends ResourceError {
  override name = 'UnsubscribedError';
  override readonly code = 'RXSCOPE_UNSUBSCRIBED';
}

/** A generator body did not yield exactly once (law 25). */
export class GeneratorProtocolError extends ResourceError {
  override name = 'GeneratorProtocolError';
  override readonly code = 'RXSCOPE_GENERATOR_PROTOCOL';
}

/** What was asked to hold or lend something has been closed. */
export class ClosedError extends ResourceError {
  override name = 'ClosedError';
  override readonly code = 'RXSCOPE_CLOSED';
}

/** A stated bound was reached: a full buffer, too many waiters, no room for one more. */
export class CapacityError extends ResourceError {
  override name = 'CapacityError';
  override readonly code = 'RXSCOPE_CAPACITY';
}

/** A paginated source handed out a cursor that had been seen before. */
export class CursorLoopError extends ResourceError {
  override name = 'CursorLoopError';
  override readonly code = 'RXSCOPE_CURSOR_LOOP';
}

/** Waiting here could never end: what is waited for is held by a scope around the one that waits. */
export class DeadlockError extends ResourceError {
  override name = 'DeadlockError';
  override readonly code = 'RXSCOPE_DEADLOCK';
}
