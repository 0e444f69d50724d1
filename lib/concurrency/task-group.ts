import type { ObservableInput, ObservedValueOf } from 'rxjs';

import type { Leaf, Scope } from '../core/engine/scope.js';
import { leaf } from '../core/leaf.js';
import { Resource } from '../core/resource-class.js';
import { Task, type TaskContext, type TaskOptions } from './task.js';
import { taskGroupStats, type TaskGroupStats } from './task-stats.js';
import { ClosingTasks, Tasks } from './tasks.js';

/** How {@link taskGroup} is made. */
export interface TaskGroupOptions {
  /** Shown in errors, by `openResources()` and in `stats()`. Default `'taskGroup'`. */
  readonly name?: string;
}

/**
 * Tasks that end with one scope. The handle of {@link taskGroup}, which says what can be relied on.
 *
 * @example
 * ```ts
 * import { NEVER } from 'rxjs';
 * import { lease, taskGroup } from 'rxscope';
 *
 * const held = await lease(taskGroup());
 * const group = held.value;
 * group.start(NEVER, { name: 'watcher' });
 * const { tasks } = group.stats();
 * tasks.map(({ name }) => name); // => ['watcher']
 * await held.release({ kind: 'unsubscribe' });
 * group.size; // => 0
 * ```
 */
export class TaskGroup {
  readonly #tasks: Tasks;

  /** @internal */
  constructor(tasks: Tasks) {
    this.#tasks = tasks;
  }

  /** How many tasks have not ended, their releases included. */
  get size(): number {
    return this.#tasks.running.size;
  }

  /**
   * Subscribes `input`, or what it answers, at once; what is synchronous has ended when this returns.
   *
   * A function is told a `signal`, which aborts with an `UnsubscribedError` when the task is cancelled. The promise of an
   * async function cannot be left: its task is over when it has settled. A promise that is handed in as it is, is left.
   *
   * **Errors.** `ClosedError` where the group is being cancelled, or has ended. While it waits for its tasks, those may start
   * others. `TypeError` for what is neither a function nor an observable input. What `input` throws is the task's failure.
   */
  start<O extends ObservableInput<unknown>>(
    input: O | ((context: TaskContext) => O),
    { name = 'task' }: TaskOptions = {},
  ): Task<ObservedValueOf<O>> {
    return new Task<ObservedValueOf<O>>(this.#tasks.start(input as never, name));
  }

  /** How many tasks have ended how, and what the others are at. A frozen copy. */
  stats(): TaskGroupStats {
    return taskGroupStats(this.#tasks);
  }
}

/**
 * A scope for work that runs side by side: it ends when all of its tasks have, and the first that fails ends all others.
 *
 * Use it where tasks are started as the work goes on. For a fixed list, or one task for each value, RxJS's `forkJoin` and
 * `mergeMap` inside a `using` do; they do not wait for the releases of what they leave.
 *
 * **Guarantees.** When the body completes, the group waits for its tasks. When a task fails, when the body fails, or when
 * the consumer leaves, the tasks are cancelled, the one started last first; a task that fails ends the body as well. All
 * releases are awaited, then there is one error (law 37). Synchronous tasks end inside `start`, observables keep virtual
 * time (laws 17 and 18). The group is to be entered last: what is entered after it is released before the tasks end.
 *
 * **Cancellation.** Leaving cancels the tasks, also while the group waits for them; what was entered before it is then
 * released with `unsubscribe`. One task is cancelled with `cancel()`, which is no failure.
 *
 * **Errors.** A failure that is alone, as it is. Several as one `AggregateError`, the first one first: of tasks, of the body,
 * of releases. The same object, or one whose `cause` holds another one, counts once. What a cancelled task says of its
 * signal is no failure. A task that shall survive a failure catches it; to try it again, pipe RxJS's `retry` behind it.
 *
 * **Limits.** How many run side by side is not the group's matter: let each task enter one permit of a semaphore. A
 * `releaseTimeout` on a group counts its waiting; to limit the whole of it, pipe `deadline` behind the scope.
 *
 * **Cost.** A subscriber for each task. No promise, unless `result` is read or `cancel()` is called.
 *
 * Follows Python's `asyncio.TaskGroup`.
 *
 * @example
 * ```ts
 * import { defer, NEVER, retry, throwError, timer } from 'rxjs';
 * import { lastValue, resource, taskGroup, use, using } from 'rxscope';
 *
 * const log: string[] = [];
 * const socket = resource({ acquire: () => 'socket', release: async () => log.push('socket closed') });
 * let tries = 0;
 * const flaky = defer(() => (++tries < 3 ? throwError(() => new Error('try again')) : ['answer']));
 * const work = taskGroup().pipe(
 *   use(async (group) => {
 *     group.start(using(socket, () => NEVER));
 *     log.push(await group.start(flaky.pipe(retry(2))).result);
 *     group.start(timer(5), { name: 'tick' });
 *     group.start(async ({ signal }) => {
 *       if (!signal.aborted) throw new Error('no answer');
 *     });
 *   }),
 * );
 * await lastValue(work).catch((error: Error) => log.push(error.message));
 * log; // => ['answer', 'socket closed', 'no answer']
 * ```
 */
export function taskGroup({ name = 'taskGroup' }: TaskGroupOptions = {}): Resource<TaskGroup> {
  return new Resource<TaskGroup>(name, groupLeaf(name));
}

function groupLeaf(name: string): Leaf {
  return leaf({
    mode: 'outcome',
    awaits: false,
    renamed: groupLeaf,
    acquire: (scope: Scope) => new Tasks(scope, name),
    entered: (_scope, tasks: Tasks) => new TaskGroup(tasks),
    release: (tasks: Tasks, exit) => new ClosingTasks(tasks, exit),
  });
}
