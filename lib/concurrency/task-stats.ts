import { now } from '../internal/clock.js';
import type { RunningTask } from './running-task.js';
import type { Tasks } from './tasks.js';

/** A task that is not over. */
export interface TaskStats {
  readonly name: string;
  /** `running` while its work goes on, `ending` while it is being released. */
  readonly state: 'running' | 'ending';
  /** Milliseconds since it was started. */
  readonly runningFor: number;
}

/** What a group is at just now. A frozen copy. */
export interface TaskGroupStats {
  readonly name: string;
  /** How many tasks have ended, and how. */
  readonly completed: number;
  readonly failed: number;
  readonly cancelled: number;
  /** The others, in the order of being started. */
  readonly tasks: readonly TaskStats[];
}

export function taskGroupStats({ name, counts, running }: Tasks): TaskGroupStats {
  const time = now();
  return Object.freeze({
    name,
    completed: counts.complete,
    failed: counts.error,
    cancelled: counts.unsubscribe,
    tasks: Object.freeze([...running].map((task) => statsOf(task, time))),
  });
}

function statsOf(task: RunningTask<unknown>, time: number): TaskStats {
  return Object.freeze({
    name: task.name,
    state: task.isOpen ? 'running' : 'ending',
    runningFor: Math.max(0, time - task.since),
  });
}
