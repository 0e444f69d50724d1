import { ResourceError, type ResourceErrorOptions } from '../../core/index.js';
import type { DrainReport } from './server-connection.js';

/**
 * The stop of an application was cut short, by its deadline or by who insisted, and something was not waited for: it goes on
 * in the background, or hangs.
 */
export class StopForcedError extends ResourceError {
  override name = 'StopForcedError';
  override readonly code = 'RXSCOPE_STOP_FORCED';
  /** What was not waited for, by name. */
  readonly left: readonly string[];

  /** @internal */
  constructor(resource: string, by: string, left: readonly string[]) {
    super(`The stop of "${resource}" was forced by ${by}, without waiting for ${left.join(', ')}.`, { resource });
    this.left = Object.freeze([...left]);
  }
}

/** A server had to cut connections that were still in use when its deadline was over; `report` says which. */
export class DrainTimeoutError extends ResourceError {
  override name = 'DrainTimeoutError';
  override readonly code = 'RXSCOPE_DRAIN_TIMEOUT';
  /** What the drain was like. */
  readonly report: DrainReport;

  /** @internal */
  constructor(message: string, report: DrainReport, options: ResourceErrorOptions = {}) {
    super(message, options);
    this.report = report;
  }
}
/** A worker thread has ended although nobody wanted it to, without an error of its own. */
export class WorkerExitError extends ResourceError {
  override name = 'WorkerExitError';
  override readonly code = 'RXSCOPE_WORKER_EXIT';
  /** What it has exited with. */
  readonly exitCode: number;

  /** @internal */
  constructor(exitCode: number, resource: string) {
    super(`"${resource}" has exited with code ${exitCode}.`, { resource });
    this.exitCode = exitCode;
  }
}
