import { Observable, type ObservableInput, type Subscriber } from 'rxjs';

import { Background } from '../core/engine/background.js';
import { failed, UNSUBSCRIBE, type Exit } from '../core/engine/exit.js';
import { over } from '../core/engine/unwind.js';
import { rxLayer } from '../core/layer.js';
import { isPromise, toObservable } from '../core/observable-input.js';
import type { RunningTask } from './running-task.js';
import type { TaskContext } from './task.js';

/** What a task subscribes to. A function is called then, and what it throws is the task's failure. */
export function taskSource<T>(
  input: ObservableInput<T> | ((context: TaskContext) => ObservableInput<T>),
  task: RunningTask<T>,
): Observable<T> {
  if (typeof input !== 'function') return toObservable(input);
  return new Observable<T>((subscriber) => {
    let answer: ObservableInput<T>;
    try {
      answer = input(task.context);
    } catch (error) {
      if (task.isOpen) throw error;
      task.collect(error); // cancelled meanwhile: as with any other failure of its cleanup
      return undefined;
    }
    if (isPromise<T>(answer)) return follow(answer, subscriber, task);
    // Cancelled by what it did itself: there is nothing to begin any more.
    return subscriber.closed ? undefined : toObservable(answer).subscribe(subscriber);
  });
}

/** The work of an async function goes on, whoever leaves it: its task is not over before it has settled. */
function follow<T>(promise: PromiseLike<T>, subscriber: Subscriber<T>, task: RunningTask<T>): () => void {
  let background: Background | null = null;
  let isSettled = false;
  const settled = (outcome: Exit, tell: () => void): void => {
    isSettled = true;
    if (background === null) tell();
    else over(background, outcome);
  };
  promise.then(
    (value) => {
      settled(UNSUBSCRIBE, () => {
        subscriber.next(value);
        subscriber.complete();
      });
    },
    (error: unknown) => {
      settled(failed(error), () => {
        subscriber.error(error);
      });
    },
  );
  return () => {
    if (!isSettled) background = new Background(task, rxLayer);
  };
}
