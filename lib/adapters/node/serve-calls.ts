import { parentPort } from 'node:worker_threads';

import { isObservable } from 'rxjs';

import { fromValue, lastValue, using, type Resource } from '../../core/index.js';
import { CallServer, type Handlers } from './call-server.js';
import { packError } from './packed-error.js';
import type { WorkerCalls } from './worker-calls.js';
import type { FromWorker, ParentPort } from './worker-port.js';

/** Options of {@link serveCalls}. */
export interface ServeOptions {
  /** Where calls come from. Default: the `parentPort` of the worker that this runs in. */
  readonly port?: ParentPort;
}

/**
 * Answers the calls of a {@link workerThread}: what the file of a worker does. Resolves when the worker has been closed.
 *
 *     // model-worker.js
 *     await serveCalls(resource({ acquire: loadModel, release: (model) => model.unload() }).pipe(mapValue(callsOf)));
 *
 * `calls` has a function for each call, or is a resource of that: entered first, released when the worker is closed. A function is
 * told the input and `{ signal, transfer }`. What it answers is sent back: each value of an observable or an async iterable,
 * the value of a promise, anything else (arrays included) as it is.
 *
 * **Guarantees.** The worker counts as ready when `calls` has been entered. An async iterable is asked for its next value
 * when the caller asks; values of an observable wait in memory. On closing, calls that are under way are cancelled
 * and awaited, then the resource is released, then the port closed, so that the thread ends where nothing else keeps it.
 *
 * **Cancellation.** When a caller leaves, `signal` aborts, the iterator's `return()` is called or the observable
 * unsubscribed, and the caller is told once that has come to its end.
 *
 * **Errors.** Rejects, so that the worker fails, with what entering fails with, and a `ResourceLostError` where the
 * resource is lost. What a call fails with goes to its caller; what releasing fails with to whoever releases the worker. A
 * `TypeError` outside of a worker, where no port is given.
 *
 * @example
 * ```ts
 * import { MessageChannel } from 'node:worker_threads';
 * import { serveCalls } from 'rxscope/node';
 *
 * const { port1, port2 } = new MessageChannel(); // what Node puts between a worker and who has started it
 * const served = serveCalls({ double: (n: number) => n * 2 }, { port: port1 });
 * const answer = new Promise<number>((resolve) => {
 *   port2.on('message', ({ rxscope, value }) => {
 *     if (rxscope === 'ready') port2.postMessage({ rxscope: 'call', id: 1, name: 'double', input: 21 });
 *     if (rxscope === 'last') resolve(value);
 *   });
 * });
 * await answer; // => 42
 * port2.postMessage({ rxscope: 'close' });
 * await served;
 * ```
 */
export async function serveCalls<C extends WorkerCalls<C>>(
  calls: C | Resource<C>,
  { port = inheritedPort() }: ServeOptions = {},
): Promise<void> {
  const made: Resource<unknown> = isObservable(calls) ? calls : fromValue(calls);
  const server = new CallServer(port);
  try {
    await lastValue(
      using(made, (held) => server.serve(held as Handlers)),
      { defaultValue: null },
    );
    port.postMessage({ rxscope: 'closed' } satisfies FromWorker);
  } catch (error) {
    if (!server.isClosing) throw error;
    port.postMessage({ rxscope: 'closed', error: packError(error) } satisfies FromWorker);
  } finally {
    port.close();
  }
}

function inheritedPort(): ParentPort {
  if (parentPort !== null) return parentPort;
  throw new TypeError('Expected to run in a worker thread, or a port to answer at.');
}
