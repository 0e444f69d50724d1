import { Observable, type ObservableInput } from 'rxjs';

import type { AcquireContext } from '../core/acquire-context.js';
import { awaitRelease } from '../core/await-release.js';
import { checkCount, checkFunction } from '../internal/check.js';
import { Pulling } from './pulling.js';
import { supplyOf, type Askable } from './supply-of.js';

/** Options of {@link pull}. */
export interface PullOptions {
  /** How many values are worked on at a time, or `Infinity`. Default 1. */
  readonly concurrency?: number;
  /** Whether results come in the order of the source. Default: as they are ready. */
  readonly ordered?: boolean;
}

/**
 * Works on a source at the speed of the work: the next value is asked for only when a slot is free. What `mergeMap` is
 * for observables, without its buffer.
 *
 * ```marbles pull
 * asked for  (ab)-c--d|
 * work       ----a|  ----d|
 * work       --------b|
 * work            --c|
 * pull       ----a--cb---d|
 * ```
 *
 * Drawn with a `concurrency` of 2.
 *
 * **Guarantees** (law 34). At most `concurrency` values are out at a time, and the source is asked for one at a time.
 * With `ordered` a slot stays taken until all its results have been handed out, so no more than `concurrency` of them are
 * ever held back. An iterable and synchronous work stay synchronous; a function makes an iterable for each subscription.
 *
 * **Cancellation.** Unsubscribing leaves the source and all running work at once. **Errors.** The first one, of the source,
 * of `project` or of the work, leaves the rest. Completion and errors come after `return()` of the source and all releases
 * upstream. `TypeError` for a source that cannot be asked, an observable among them; `RangeError` for `concurrency`.
 *
 * @example
 * ```ts
 * import { toArray } from 'rxjs';
 * import { lastValue, pull } from 'rxscope';
 *
 * const log: string[] = [];
 * function* files() {
 *   for (const name of ['a', 'b', 'c']) {
 *     log.push(`asked for ${name}`);
 *     yield name;
 *   }
 * }
 * const work = async (name: string) => log.push(`done with ${name}`);
 * await lastValue(pull(files, work).pipe(toArray()));
 * log.slice(0, 3); // => ['asked for a', 'done with a', 'asked for b']
 * ```
 */
export function pull<T, R>(
  source: Askable<T> | ((context: AcquireContext) => Askable<T>),
  project: (value: T, index: number) => ObservableInput<R>,
  options: PullOptions = {},
): Observable<R> {
  const { concurrency = 1, ordered = false } = options;
  checkFunction(project, 'project');
  checkCount(concurrency, 'concurrency', 1);
  const open = supplyOf(source);
  return new Observable<R>((consumer) => {
    new Pulling(consumer, project, { concurrency, ordered }).start(open);
  }).pipe(awaitRelease());
}
