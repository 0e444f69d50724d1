/** The loops around an operation. */
import { Effect } from 'effect';
import type { Observable } from 'rxjs';
import type { Run } from '../measure/workload.js';
import { type Handle, observer } from './scope.js';

/** Subscribes one synchronous observable again and again. */
export function subscribing(source: Observable<Handle>): Run {
  return (operations) => {
    for (let i = 0; i < operations; i += 1) source.subscribe(observer);
  };
}

/** Subscribes one observable again and again, and leaves it at once. */
export function leaving(source: Observable<Handle>): Run {
  return (operations) => {
    for (let i = 0; i < operations; i += 1) source.subscribe(observer).unsubscribe();
  };
}

/** Waits for each before it starts the next. */
export function repeating(operation: () => Promise<unknown>): Run {
  return async (operations) => {
    for (let i = 0; i < operations; i += 1) await operation();
  };
}

/** Runs one synchronous program again and again. */
export function runningSync(program: Effect.Effect<unknown>): Run {
  return (operations) => {
    for (let i = 0; i < operations; i += 1) Effect.runSync(program);
  };
}
