import { AsyncLocalStorage } from 'node:async_hooks';

import { keepContext } from '../../core/index.js';

/**
 * Lets whoever waits in line for a lock or for a handle of a pool go on in its own `AsyncLocalStorage` context. Call it once,
 * where the program starts; answers the undo.
 *
 * Without it the body of a scope that was served runs in the context of whoever gave back: a log line of one request with the
 * id of another. Off by default, because it costs a snapshot for each who waits; those served at once pay nothing.
 *
 * @example
 * ```ts
 * import { AsyncLocalStorage } from 'node:async_hooks';
 * import { mutex, using } from 'rxscope';
 * import { keepAsyncContext } from 'rxscope/node';
 *
 * const undo = keepAsyncContext();
 * const request = new AsyncLocalStorage<string>();
 * const { lock } = mutex();
 * const served: unknown[] = [];
 *
 * const first = lock.subscribe();
 * request.run('second', () => using(lock, () => [request.getStore()]).subscribe((id) => served.push(id)));
 * request.run('first', () => first.unsubscribe());
 * undo();
 * served; // => ['second']
 * ```
 */
export function keepAsyncContext(): () => void {
  return keepContext(() => AsyncLocalStorage.snapshot());
}
