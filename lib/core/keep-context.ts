import { checkFunction } from '../internal/check.js';
import { shared, type Resume } from './engine/shared.js';

/**
 * Says how the context of code that waits is kept, such as that of `AsyncLocalStorage`. `snapshot` is called when somebody
 * begins to wait in line, for a lock or for a handle of a pool, and answers how to run something under what is current
 * then. Without it, one who was served runs in the context of whoever gave back. Answers the undo.
 *
 * In Node `keepAsyncContext` of `rxscope/node` does this. Where nobody asked for it, it costs nothing. One at a time: the last one
 * counts. What waits as a promise (`pool.acquire()`) keeps its context in any case.
 *
 * **Errors.** `TypeError` where `snapshot` is no function.
 *
 * @example
 * ```ts
 * import { keepContext, mutex, using } from 'rxscope';
 *
 * let request = 'first';
 * const undo = keepContext(() => {
 *   const kept = request;
 *   return (callback) => {
 *     const current = request;
 *     request = kept;
 *     callback();
 *     request = current;
 *   };
 * });
 *
 * const served: string[] = [];
 * const { lock } = mutex();
 * const first = lock.subscribe();
 * request = 'second';
 * using(lock, () => [request]).subscribe((name) => served.push(name));
 * request = 'first';
 * first.unsubscribe();
 * undo();
 * served; // => ['second']
 * ```
 */
export function keepContext(snapshot: () => Resume): () => void {
  checkFunction(snapshot, 'snapshot');
  const before = shared.snapshot;
  shared.snapshot = snapshot;
  return () => {
    if (shared.snapshot === snapshot) shared.snapshot = before;
  };
}
