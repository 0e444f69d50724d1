import { asyncDispose } from '../internal/async-dispose.js';
import type { RunningTask } from './running-task.js';

/** What a task is told that is a function. */
export interface TaskContext {
  /** Aborts, with an `UnsubscribedError` as its reason, when the task is cancelled; not when it ends. Made when it is read. */
  readonly signal: AbortSignal;
}

/** How a task is started. */
export interface TaskOptions {
  /** Shown in errors and by `stats()`. Default `'task'`. */
  readonly name?: string;
}

/**
 * A piece of work in a group. Made by `TaskGroup#start`.
 *
 * @example
 * ```ts
 * import { NEVER } from 'rxjs';
 * import { lastValue, taskGroup, using } from 'rxscope';
 *
 * const work = using(taskGroup(), async (group) => {
 *   const endless = group.start(NEVER);
 *   const sum = group.start([1, 2, 3]);
 *   await endless.cancel(); // is no failure
 *   return sum.result; // the last value
 * });
 * await lastValue(work); // => 3
 * ```
 */
export class Task<T> implements AsyncDisposable {
  readonly #running: RunningTask<T>;

  /** @internal */
  constructor(running: RunningTask<T>) {
    this.#running = running;
  }

  get name(): string {
    return this.#running.name;
  }

  /**
   * The last value, `undefined` where there was none, once everything is released. Rejects with what the task has failed
   * with, and with an `UnsubscribedError` where it was cancelled. A rejection nobody looks at is none: the group tells it.
   */
  get result(): Promise<T> {
    return this.#running.result;
  }

  /**
   * Leaves it, and resolves when it is over: where it has ended by itself, after its releases all the same. Never rejects:
   * what a release fails with, the group tells.
   */
  cancel(): Promise<void> {
    this.#running.cancel();
    return this.#running.gone;
  }

  [asyncDispose](): Promise<void> {
    return this.cancel();
  }
}
