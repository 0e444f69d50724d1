import { isObservable } from 'rxjs';

import { andThen, firstValue, mapValue, named, resource, type Awaitable, type Resource } from '../../core/index.js';
import { checkFunction } from '../../internal/check.js';
import { onAbort } from '../../internal/on-abort.js';
import { Lifespan } from './lifespan-class.js';
import { lifespanSettings, type LifespanOptions } from './lifespan-options.js';
import { LifespanRun } from './lifespan-run.js';

/**
 * An application as a scope: its parts are started one after the other, and stopped in reverse when the process is told to end.
 *
 *     build    step database -- step server --|
 *     state    starting                        ready ------ draining --- stopping ----------------- stopped
 *                                                   SIGTERM   readyDelay  server stops, database stops
 *
 * `build` starts the parts as steps, with ordinary `await`; what it answers is the handle. It is a resource like any other: use
 * it with {@link runMain}, `using`, `lease`, or inside another one.
 *
 * **Guarantees.** Steps stop in reverse of the order in which they were there, each after the one before it, also where the start
 * has failed (S1), and whatever fails (S5). It is not ready before anything is closed, and stays live until it has
 * stopped (S6). First come `readyDelay`, then whoever holds a {@link Lifespan.beacon}, then the body, then the steps. Each step has
 * its own time within the `deadline`; one that overruns it is named, and the others are stopped all the same (S4).
 *
 * **Stopping.** A signal, `stopOn`, {@link Lifespan.stop}, an end of the body or leaving it begin the stop, once (S3). While it
 * starts, that cancels what is starting (S2). Stopped by a signal or a request it completes; steps are told `unsubscribe`. A
 * second signal, or the deadline, forces: what is left is told to stop, and not waited for. Where a lifespan or a `runMain` is
 * around this one, this one is told first, and the other when this one has stopped.
 *
 * **The process.** Listeners are added when it is entered and removed when it has stopped (S9); between the two the process is kept
 * alive, where it listens for signals. `process.exit` is never called. After a signal `process.exitCode` is 128 and its number,
 * unless it was set before, or something around this one decides (S7).
 *
 * **Errors.** What a step fails to start with; `AcquireTimeoutError` where it takes too long. What steps fail to stop with, together
 * (law 9), `ReleaseTimeoutError` among them; `StopForcedError` where something was not waited for. A `ResourceLostError` where a
 * step loses its handle. Errors that nobody has caught, with `uncaught`. `onReport` is told all of it, by step.
 *
 * Follows FastAPI's `lifespan`, with the steps of `close-with-grace`, `terminus` and `lightship`.
 *
 * @example
 * ```ts
 * import { lastValue, resource, use } from 'rxscope';
 * import { lifespan } from 'rxscope/node';
 *
 * const log: string[] = [];
 * const part = (name: string) =>
 *   resource({ acquire: () => void log.push(`start ${name}`), release: () => log.push(`stop ${name}`) });
 * const application = lifespan(async (app) => {
 *   await app.step('database', part('database'), { startTimeout: 5_000 });
 *   await app.step('server', part('server'), { stopTimeout: 5_000 });
 *   return app;
 * });
 *
 * await lastValue(application.pipe(use((app) => [app.isReady]))); // => true
 * log; // => ['start database', 'start server', 'stop server', 'stop database']
 * ```
 */
export function lifespan<T>(build: (app: Lifespan) => Awaitable<T>, options: LifespanOptions = {}): Resource<T> {
  checkFunction(build, 'build');
  const settings = lifespanSettings(options);
  return run(settings).pipe(
    andThen((one) => quietEnd(one)),
    andThen((one) => started(one, build)),
    named(settings.name),
  );
}

/** The outermost part: it listens, and stops everything at the end. */
function run(settings: ReturnType<typeof lifespanSettings>): Resource<LifespanRun> {
  return resource({
    name: settings.name,
    acquire({ signal }) {
      const one = new LifespanRun(settings);
      // Before the body is torn down: whoever asks is told before anything is closed that it is not ready any more.
      onAbort(signal, () => {
        one.begin({ kind: 'unsubscribe' });
      });
      return one;
    },
    exit: (one, exit) => one.close(exit),
  });
}

/** Being stopped is an end, not a failure. */
function quietEnd(one: LifespanRun): Resource<LifespanRun> {
  return resource({
    acquire: () => one,
    exit: (_, exit) => exit.kind === 'error' && one.isEnding(exit.error),
  });
}

function started<T>(one: LifespanRun, build: (app: Lifespan) => Awaitable<T>): Resource<T> {
  const app = new Lifespan(one);
  return resource({
    async acquire({ signal }) {
      return { handle: await one.start(async () => answerOf(build(app)), signal) }; // in a box: a handle may be an observable
    },
    lost: () => one.ended$,
  }).pipe(mapValue(({ handle }) => handle));
}

function answerOf<T>(answer: Awaitable<T>): T | PromiseLike<T> {
  return isObservable(answer) ? firstValue(answer) : answer;
}
