import { Worker, type WorkerOptions } from 'node:worker_threads';

import { asyncScheduler, type SchedulerLike } from 'rxjs';

import { mapValue, resource, type AcquireContext, type NamedOptions, type Resource } from '../../core/index.js';
import { checkDuration } from '../../internal/check.js';
import { onAbort } from '../../internal/on-abort.js';
import type { AnyCalls, WorkerCalls } from './worker-calls.js';
import { WorkerLink, type WorkerSettings } from './worker-link.js';
import type { WorkerPort } from './worker-port.js';
import { WorkerThread } from './worker-thread-class.js';

/** Options of {@link workerThread}. */
export interface WorkerThreadOptions extends NamedOptions {
  /** Handed to Node's `Worker`: `eval`, `workerData`, `env`, `execArgv`, `resourceLimits` and the like. Default: none. */
  readonly worker?: WorkerOptions;
  /** Milliseconds a call may take to end after its caller has left. Then the worker is terminated. Default 1,000. */
  readonly cancelTimeout?: number;
  /** Milliseconds the worker may take to release what it holds and to end. Then it is terminated. Default 5,000. */
  readonly closeTimeout?: number;
  /** For the timers of all these. Default: RxJS's `asyncScheduler`. */
  readonly scheduler?: SchedulerLike;
}

/**
 * A worker thread that answers calls, made with {@link serveCalls}. Entered when it is ready to, ended with its scope.
 *
 * Use it for work that would keep the event loop busy, and for what should be loaded once and used often, such as a
 * model. `pool(workerThread(…), { max })` has several of them.
 *
 * **Guarantees.** What the worker holds (`serveCalls(resource)`) is released, and the thread has ended, before the end of
 * the scope goes on. Where the thread dies, by an uncaught error, by `process.exit()`, out of memory, or by a message that
 * cannot be read, every call that is under way fails with a `ResourceLostError`, and so does the scope; none is left to wait.
 *
 * **Cancellation.** Leaving while the worker starts terminates it. Leaving later ends its calls, then the worker: asked
 * first, made to where it takes longer than `cancelTimeout` or `closeTimeout`, also out of an endless loop.
 *
 * **Errors.** What the worker fails with while it starts, as it is; a `WorkerExitError` where it just exits. Releasing
 * fails with what the release in the worker fails with, or a `ReleaseTimeoutError` where it had to be terminated. A `TypeError`
 * or `RangeError`, at the call, for bad arguments.
 *
 * The source is the path of a file (absolute, or beginning with `./`), a file URL, code with `worker: { eval: true }`, or a function that makes a
 * worker. The anchor is piscina, which terminates a thread that is cancelled at once.
 *
 * @example
 * ```ts
 * import { firstValue, lastValue, using } from 'rxscope';
 * import { workerThread } from 'rxscope/node';
 *
 * // A worker usually is a file that calls serveCalls(). This one speaks for itself: a call is answered by its last value.
 * const code = `
 *   const { parentPort } = require('node:worker_threads');
 *   parentPort.on('message', ({ rxscope, id, input }) => {
 *     if (rxscope === 'call') parentPort.postMessage({ rxscope: 'last', id, value: input.length });
 *     else parentPort.close();
 *   });
 *   parentPort.postMessage({ rxscope: 'ready' });
 * `;
 * const counter = workerThread<{ count(text: string): number }>(code, { worker: { eval: true } });
 * await lastValue(using(counter, (thread) => thread.call('count', 'letters'))); // => 7
 * ```
 */
export function workerThread<C extends WorkerCalls<C> = AnyCalls>(
  source: string | URL | (() => WorkerPort),
  options: WorkerThreadOptions = {},
): Resource<WorkerThread<C>> {
  const { worker, cancelTimeout = 1000, closeTimeout = 5000, ...named } = options;
  checkDuration(cancelTimeout, 'cancelTimeout');
  checkDuration(closeTimeout, 'closeTimeout');
  const { name = 'worker', scheduler = asyncScheduler } = named;
  const settings = { name, cancelTimeout, closeTimeout, scheduler };
  const open = openerOf(source, worker);
  return resource({
    ...named,
    name,
    acquire: (context) => start(open, settings, context),
    release: (link) => link.close(),
    lost: (link) => link.lost,
  }).pipe(mapValue((link) => new WorkerThread<C>(link)));
}

async function start(
  open: () => WorkerPort,
  settings: WorkerSettings,
  { signal }: AcquireContext,
): Promise<WorkerLink> {
  const link = new WorkerLink(open(), settings);
  const forget = onAbort(signal, () => void link.kill(signal.reason));
  try {
    await link.ready;
    return link;
  } catch (error) {
    await link.close();
    throw error;
  } finally {
    forget();
  }
}

function openerOf(source: string | URL | (() => WorkerPort), options: WorkerOptions | undefined): () => WorkerPort {
  if (typeof source === 'function') return source;
  if (typeof source === 'string' || typeof (source as Partial<URL> | null | undefined)?.href === 'string') {
    return () => new Worker(source, options);
  }
  throw new TypeError(
    `Expected the path or URL of a worker, its code, or a function that makes one, received ${(source as unknown) === null ? 'null' : typeof source}.`,
  );
}
