import { ResourceError, type ResourceErrorOptions } from '../../core/index.js';

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
  /** How many were out when it was last asked; undefined where it has not answered. */
  readonly held: number | undefined;
  /** How many were ahead in the line then. */
  readonly ahead: number | undefined;

  constructor(message: string, options: PermitNotAcquiredOptions) {
    super(message, options);
    this.key = options.key;
    this.permits = options.permits;
    this.held = options.held;
    this.ahead = options.ahead;
  }
}
