import type { SchedulerLike } from 'rxjs';

import {
  AcquireTimeoutError,
  andThen,
  lease,
  mapValue,
  named,
  ReleaseTimeoutError,
  resource,
  type Exit,
  type Lease,
  type Resource,
} from '../../core/index.js';
import { monotonicNow } from '../../internal/clock.js';
import { onAbort } from '../../internal/on-abort.js';
import type { Cut } from './cut.js';
import type { StepOptions } from './lifespan-options.js';
import type { StepReport } from './lifespan-report.js';

/** What a step belongs to. */
export interface StepOwner {
  readonly scheduler: SchedulerLike;
  readonly cut: Cut<string>;
  /** Aborts when the stop begins. */
  readonly signal: AbortSignal;
  /** What a step holds has died. Answers whether that is what everything stops for. */
  lost(error: unknown): boolean;
}

/**
 * One resource of an application: started once, stopped once.
 *
 *     starting --> running --> stopping --> stopped | failed | late | forced
 *        '------> failed | late | cancelled
 */
export class Step<T> {
  private start: StepReport['start'] | 'starting' = 'starting';
  private stopped: StepReport['stop'] | 'stopping' = 'none';
  private startTook = 0;
  private stopTook = 0;
  private readonly errors: unknown[] = [];
  /** Whether it was not waited for. */
  isLeft = false;
  private held: Lease<T> | null = null;
  /** How it has died, where everything stops for that. */
  private loss: (Exit & { readonly kind: 'error' }) | null = null;

  constructor(
    readonly name: string,
    private readonly owner: StepOwner,
    private readonly options: StepOptions,
  ) {}

  async enter(source: Resource<T>): Promise<T> {
    const began = this.clock();
    try {
      this.held = await this.acquire(source);
      this.start = 'started';
      return this.held.value;
    } catch (error) {
      if (this.start === 'starting') this.start = this.owner.signal.aborted ? 'cancelled' : 'failed';
      if (this.start !== 'cancelled') this.errors.push(error);
      throw error;
    } finally {
      this.startTook = this.clock() - began;
    }
  }

  /** Answers whether it suppressed the exit's error. */
  async stop(exit: Exit): Promise<boolean> {
    const began = this.clock();
    this.stopped = 'stopping';
    const releasing = (this.held as Lease<T>).release(exit);
    try {
      const { stopTimeout = Infinity } = this.options;
      const waited = await this.owner.cut.within(releasing, stopTimeout);
      if (waited === 'late') throw this.late('stopped', stopTimeout);
      this.isLeft = waited === 'cut';
      this.stopped = this.isLeft ? 'forced' : 'stopped';
      return waited === 'done' && (await releasing);
    } catch (error) {
      // What it was stopped with passes through, and what everything stops for is known: that is no failure of its own.
      const own = ownFailure(error, exit);
      const isKnown = this.loss !== null && own === this.loss.error;
      if (isKnown || (exit.kind === 'error' && own === exit.error)) this.stopped = 'stopped';
      else this.fail(own);
      if (isKnown) return false;
      throw error;
    } finally {
      this.stopTook = this.clock() - began;
    }
  }

  report(): StepReport {
    const { name, startTook, stopTook } = this;
    const start = this.start === 'starting' ? 'cancelled' : this.start;
    const stop = this.stopped === 'stopping' ? 'forced' : this.stopped;
    return Object.freeze({ name, start, startTook, stop, stopTook, errors: Object.freeze([...this.errors]) });
  }

  private async acquire(source: Resource<T>): Promise<Lease<T>> {
    const { signal, cut } = this.owner;
    const { startTimeout = Infinity } = this.options;
    const giveUp = new AbortController();
    const forget = onAbort(signal, () => {
      giveUp.abort(signal.reason);
    });
    try {
      const entering = lease(this.watched(source), { signal: giveUp.signal });
      const waited = await cut.within(quiet(entering, giveUp.signal), startTimeout);
      this.isLeft = waited === 'cut';
      if (this.isLeft) throw signal.reason;
      if (waited === 'late') {
        this.start = 'late';
        const late = this.late('started', startTimeout);
        giveUp.abort(late);
        throw late;
      }
      return await entering;
    } finally {
      forget();
    }
  }

  /** Notices where the handle is released before anybody has asked for it. */
  private watched(source: Resource<T>): Resource<T> {
    const watch = (handle: T): Resource<T> =>
      resource({
        name: this.name,
        acquire: () => ({ handle }), // in a box: a handle may itself be a promise or an observable
        release: (_, exit) => {
          if (this.stopped !== 'none' || exit.kind !== 'error') return;
          if (this.owner.lost(exit.error)) this.loss = exit;
        },
      }).pipe(mapValue((box) => box.handle));
    return source.pipe(named(this.name), andThen(watch), named(this.name));
  }

  private fail(error: unknown): void {
    this.stopped = error instanceof ReleaseTimeoutError ? 'late' : 'failed';
    this.errors.push(error);
  }

  private late(what: 'started' | 'stopped', due: number): Error {
    const Late = what === 'started' ? AcquireTimeoutError : ReleaseTimeoutError;
    return new Late(`"${this.name}" was not ${what} within ${due} ms.`, { resource: this.name });
  }

  private clock(): number {
    return monotonicNow(this.owner.scheduler);
  }
}

/** Without the failure that only says that `signal` has aborted. */
async function quiet(work: Promise<unknown>, signal: AbortSignal): Promise<void> {
  try {
    await work;
  } catch (error) {
    if (!signal.aborted || error !== signal.reason) throw error;
  }
}

/** What a step has failed with, without what it was stopped with (law 9). */
function ownFailure(error: unknown, exit: Exit): unknown {
  const { name, error: newer, suppressed } = Object(error) as Record<string, unknown>;
  return name === 'SuppressedError' && exit.kind === 'error' && suppressed === exit.error ? newer : error;
}
