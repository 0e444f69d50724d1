import { ReplaySubject } from 'rxjs';

import { AcquireTimeoutError, ClosedError, type Exit } from '../../core/index.js';
import { afterTurn, monotonicNow } from '../../internal/clock.js';
import { after, Cut, report } from './cut.js';
import { exitCodeOf } from './exit-code.js';
import { keepsAlive } from './keeps-alive.js';
import { Beacons } from './lifespan-beacons.js';
import type { LifespanSettings } from './lifespan-options.js';
import type { LifespanReport } from './lifespan-report.js';
import { LifespanStates } from './lifespan-state.js';
import type { StepOwner } from './lifespan-step.js';
import { Steps } from './lifespan-steps.js';
import { Triggers, type Stoppable } from './lifespan-triggers.js';
import { openInside } from './open-inside.js';
import { describeCause, exitOf, type StopCause } from './stop-cause.js';

/** One application, from the first step that is started to the last that is stopped. Only `begin` leads to `draining`. */
export class LifespanRun implements StepOwner, Stoppable {
  readonly states = new LifespanStates();
  readonly cut: Cut<NonNullable<LifespanReport['forced']>>;
  readonly beacons: Beacons;
  readonly steps: Steps;
  readonly scheduler: LifespanSettings['scheduler'];
  /** Emits `ending` when the body is to end. Kept, because that can be before it has begun. */
  readonly ended$ = new ReplaySubject<Error>(1);
  /** What the scope fails with where it is ended from in here; never shown to anybody. */
  readonly ending: Error;
  /** Why it stops; null as long as it does not. */
  cause: StopCause | null = null;
  private isEndedHere = false;
  private draining: Promise<void> | null = null;
  private giveUp: (error: unknown) => unknown = () => undefined;
  private readonly stopper = new AbortController();
  private readonly triggers: Triggers;
  /** Errors that nobody has caught, after the first. */
  readonly uncaught: unknown[] = [];
  private readonly began: number;
  /** When it was ready; null as long as it was not. */
  private readyAt: number | null = null;
  private stopBegan = 0;

  constructor(private readonly settings: LifespanSettings) {
    const { name, scheduler } = settings;
    this.scheduler = scheduler;
    this.began = this.clock();
    this.cut = new Cut(scheduler);
    this.beacons = new Beacons(name, scheduler);
    this.steps = new Steps(name, this);
    this.ending = new ClosedError(`"${name}" has been stopped.`, { resource: name });
    this.triggers = new Triggers(settings, this);
  }

  get signal(): AbortSignal {
    return this.stopper.signal;
  }

  get isStopping(): boolean {
    return this.cause !== null;
  }

  /** Builds it. Fails with `ending` where it is stopped meanwhile, and with the reason of `left` where that aborts. */
  start<T>(build: () => Promise<T>, left: AbortSignal): Promise<T> {
    const { name, startTimeout } = this.settings;
    return new Promise((resolve, reject) => {
      const late = after(startTimeout, this.scheduler).subscribe(() => {
        const error = new AcquireTimeoutError(`"${name}" was not started within ${startTimeout} ms.`, {
          resource: name,
        });
        this.begin({ kind: 'error', error }, error);
      });
      this.giveUp = (error) => {
        late.unsubscribe();
        reject(left.aborted ? left.reason : error);
      };
      const ready = (handle: T): void => {
        late.unsubscribe();
        if (this.isStopping) return;
        this.readyAt = this.clock();
        this.states.enter('ready');
        resolve(handle);
      };
      if (this.isStopping) this.giveUp(this.ending);
      else
        this.steps.build(build()).then(ready, (error: unknown) => {
          this.giveUp(error);
        });
    });
  }

  /** Begins to stop, once. Where it was still starting, that fails with `failure`. */
  begin(cause: StopCause, failure: unknown = this.ending): void {
    if (this.isStopping) return;
    const { name, deadline } = this.settings;
    this.cause = cause;
    this.stopBegan = this.clock();
    this.beacons.note();
    this.cut.arm(deadline, 'deadline');
    this.states.enter('draining');
    this.stopper.abort(new ClosedError(`"${name}" is stopping: ${describeCause(cause)}.`, { resource: name }));
    this.giveUp(failure);
    void this.drain().then(() => {
      this.ended$.next(this.ending);
    });
  }

  lost(error: unknown): boolean {
    const isFirst = !this.isStopping;
    this.begin({ kind: 'error', error });
    return isFirst;
  }

  /** Whether an error only says that it was ended from in here. */
  isEnding(error: unknown): boolean {
    const isOwn = error === this.ending || (error as Error | null | undefined)?.cause === this.ending;
    this.isEndedHere ||= isOwn;
    return isOwn;
  }

  /** Stops everything that has started, in reverse. Answers whether a step suppressed the error of `exit`. */
  async close(exit: Exit): Promise<boolean> {
    this.begin(exit);
    await this.drain();
    this.states.enter('stopping');
    try {
      return await this.steps.stop(this.isEndedHere ? exitOf(this.cause ?? exit) : exit);
    } finally {
      this.cut.disarm();
      await new Promise<void>(afterTurn); // what has just ended is not told to be there
      this.finish(this.cause ?? exit);
    }
  }

  /** What has to be over before anything is stopped. A start that came to nothing was never ready. */
  private drain(): Promise<void> {
    const { readyDelay, beaconTimeout } = this.settings;
    return (this.draining ??= this.cut
      .pause(this.readyAt === null ? 0 : readyDelay)
      .then(() => this.beacons.drain(this.cut, beaconTimeout)));
  }

  private finish(cause: StopCause): void {
    const told = this.report(cause);
    this.states.enter('stopped');
    try {
      this.settings.onReport?.(told);
    } catch (error) {
      report(error);
    }
    if (cause.kind === 'signal' && this.triggers.isOutermost) process.exitCode ??= exitCodeOf(cause.signal);
    this.triggers.release();
  }

  private report(cause: StopCause): LifespanReport {
    const { stopBegan, readyAt, settings, uncaught } = this;
    return Object.freeze({
      name: settings.name,
      cause,
      started: readyAt !== null,
      startTook: (readyAt ?? stopBegan) - this.began,
      took: this.clock() - stopBegan,
      forced: this.cut.by,
      steps: this.steps.report(),
      beacons: this.beacons.report(stopBegan),
      uncaught: Object.freeze([...uncaught]),
      open: openInside(settings.name),
      keepsAlive: keepsAlive(),
    });
  }

  private clock(): number {
    return monotonicNow(this.settings.scheduler);
  }
}
