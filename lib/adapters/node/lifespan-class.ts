import { distinctUntilChanged, map, type Observable } from 'rxjs';

import type { Resource } from '../../core/index.js';
import { checkStepOptions, type StepOptions } from './lifespan-options.js';
import type { LifespanRun } from './lifespan-run.js';
import type { LifespanState } from './lifespan-state.js';
import type { StopCause } from './stop-cause.js';

/**
 * An application while it is alive, as {@link lifespan} hands it to what builds it. Safe to hand on, to a health check for
 * example; it goes on to answer when everything is over.
 *
 * @example
 * ```ts
 * import { firstValue, fromValue, use } from 'rxscope';
 * import { lifespan, type Lifespan } from 'rxscope/node';
 *
 * const health = (app: Lifespan) => ({ state: app.state, ready: app.isReady, live: app.isLive });
 * const application = lifespan(async (app) => {
 *   await app.step('settings', fromValue({ port: 8080 }));
 *   return app;
 * });
 * const seen = application.pipe(
 *   use((app) => {
 *     const before = health(app);
 *     app.stop();
 *     return [[before, health(app)]];
 *   }),
 * );
 * await firstValue(seen); // => [{ state: 'ready', ready: true, live: true }, { state: 'draining', ready: false, live: true }]
 * ```
 */
export class Lifespan {
  readonly #run: LifespanRun;

  /** @internal */
  constructor(run: LifespanRun) {
    this.#run = run;
  }

  /**
   * `starting`, `ready`, `draining` (not ready any more, still serving), `stopping`, `stopped`.
   */
  get state(): LifespanState {
    return this.#run.states.now;
  }

  /** The state now, and each one after it. Completes when it has stopped. */
  get state$(): Observable<LifespanState> {
    return this.#run.states.all$.asObservable();
  }

  /** For the readiness check: whether requests should be sent here. `false` before anything is stopped. */
  get isReady(): boolean {
    return this.state === 'ready';
  }

  /** The same, now and whenever it changes. Completes when it has stopped. */
  get ready$(): Observable<boolean> {
    return this.#run.states.all$.pipe(
      map((state) => state === 'ready'),
      distinctUntilChanged(),
    );
  }

  /**
   * For the liveness check: whether it does what it should. Stays `true` while it drains and stops: an orchestrator that is
   * told otherwise kills it in the middle.
   */
  get isLive(): boolean {
    return this.state !== 'stopped';
  }

  /** Why it stops; null as long as it does not. */
  get cause(): StopCause | null {
    return this.#run.cause;
  }

  /** Aborts when the stop begins, with a `ClosedError` that says why. For loops and jobs that end early then. */
  get signal(): AbortSignal {
    return this.#run.signal;
  }

  /**
   * Enters a resource as a step, and answers its handle. Steps are stopped in reverse, each within its own time.
   *
   * **Errors.** What acquiring fails with; `AcquireTimeoutError` after `startTimeout`; `ClosedError` where the stop has begun.
   * Where its handle is lost later, the whole application stops with that `ResourceLostError`.
   */
  async step<T>(name: string, resource: Resource<T>, options: StepOptions = {}): Promise<T> {
    checkStepOptions(options);
    return this.#run.steps.start(name, resource, options);
  }

  /**
   * A scope that the stop waits for, before it stops anything: for jobs that should not be cut off.
   *
   * After `beaconTimeout` its scope is ended with a `ResourceLostError`, and waited for as well. When the stop does
   * not take any more of them, entering one fails with a `ClosedError`.
   */
  beacon(name = 'beacon'): Resource<void> {
    return this.#run.beacons.beacon(name);
  }

  /** Begins to stop, as a signal does. Answers at once; a second call does nothing. */
  stop(reason?: unknown): void {
    this.#run.begin({ kind: 'request', reason });
  }
}
