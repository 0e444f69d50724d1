import type { Transferable } from 'node:worker_threads';

import { ReplaySubject, type SchedulerLike } from 'rxjs';

import { ClosedError, ReleaseTimeoutError, ResourceLostError } from '../../core/index.js';
import { LONGEST_DELAY } from '../../internal/clock.js';
import { WorkerExitError } from './errors.js';
import { unpackError } from './packed-error.js';
import { isOurs, type CallAnswer, type FromWorker, type ToWorker, type WorkerPort } from './worker-port.js';

/** Who waits for the answers to a call. */
export interface CallTaker {
  take(answer: CallAnswer): void;
  /** There will be no answer any more. */
  fail(error: unknown): void;
}

/** How a worker is treated: the options with their defaults. */
export interface WorkerSettings {
  readonly name: string;
  readonly cancelTimeout: number;
  readonly closeTimeout: number;
  readonly scheduler: SchedulerLike;
}

/**
 * The line to a worker: the calls that are under way, and how it ends.
 *
 *     starting --ready--> ready --close--> closing --exit--> dead      starting, ready --error, exit, kill--> dead
 */
export class WorkerLink {
  /** Rejects where the worker dies before it is ready. */
  readonly ready: Promise<void>;
  /** What it has died of after that, while nobody wanted it to end. */
  readonly lost = new ReplaySubject<unknown>(1);
  private state: 'starting' | 'ready' | 'closing' | 'dead' = 'starting';
  private readonly calls = new Map<number, CallTaker>();
  private count = 0;
  /** What calls fail with from now on. */
  private refusal: Error | null = null;
  private readonly exited: Promise<void>;
  /** What closing has failed with, or null. The first answer counts. */
  private readonly closed: Promise<{ readonly error: unknown } | null>;
  private setReady!: () => void;
  private setFailed!: (error: unknown) => void;
  private setClosed!: (failure: { readonly error: unknown } | null) => void;
  private setExited!: () => void;

  constructor(
    private readonly port: WorkerPort,
    readonly settings: WorkerSettings,
  ) {
    this.ready = new Promise((resolve, reject) => {
      this.setReady = resolve;
      this.setFailed = reject;
    });
    this.closed = new Promise((resolve) => (this.setClosed = resolve));
    this.exited = new Promise((resolve) => (this.setExited = resolve));
    port.on('message', this.onMessage);
    port.on('messageerror', this.onFailure);
    port.on('error', this.onFailure);
    port.on('exit', this.onExit);
  }

  /** Starts a call, and asks for its first result. Throws where the input cannot be sent, or the worker has gone. */
  call(taker: CallTaker, name: string, input: unknown, transfer: readonly Transferable[]): number {
    if (this.refusal !== null) throw this.refusal;
    const id = ++this.count;
    this.port.postMessage({ rxscope: 'call', id, name, input } satisfies ToWorker, transfer);
    this.calls.set(id, taker);
    return id;
  }

  tell(message: ToWorker): void {
    this.port.postMessage(message);
  }

  /** Has the worker end in its own way, or makes it end where that takes too long. */
  async close(): Promise<void> {
    const { name, closeTimeout } = this.settings;
    if (this.state !== 'ready') {
      await this.terminate();
      return;
    }
    this.state = 'closing';
    this.refuse(new ClosedError(`"${name}" was closed while it was called.`, { resource: name }));
    this.tell({ rxscope: 'close' });
    if (!(await this.within(this.exited, closeTimeout))) {
      const message = `"${name}" did not close within ${closeTimeout} ms, and was terminated.`;
      this.setClosed({ error: new ReleaseTimeoutError(message, { resource: name }) });
    }
    await this.terminate();
    const failure = await this.closed;
    if (failure !== null) throw failure.error;
  }

  /** Ends the worker without its consent. Whoever uses it is told why. */
  async kill(cause: unknown): Promise<void> {
    this.die(cause);
    await this.terminate();
  }

  /** Whether a promise settles in time. */
  within(promise: Promise<unknown>, time: number): Promise<boolean> {
    return new Promise((resolve) => {
      const late = (): void => {
        resolve(false);
      };
      const timer = time > LONGEST_DELAY ? null : this.settings.scheduler.schedule(late, time);
      const settled = (): void => {
        timer?.unsubscribe();
        resolve(true);
      };
      promise.then(settled, settled);
    });
  }

  private async terminate(): Promise<void> {
    await this.port.terminate();
    await this.exited;
  }

  private die(cause: unknown): void {
    const { state } = this;
    const { name } = this.settings;
    this.state = 'dead';
    if (state === 'starting') {
      this.setFailed(cause);
    } else if (state === 'closing') {
      const isDone = cause instanceof WorkerExitError && cause.exitCode === 0;
      this.setClosed(isDone ? null : { error: cause });
    } else if (state === 'ready') {
      // The scope is told first: what it was doing is left then, and does not fail on top.
      this.lost.next(cause);
      this.refuse(new ResourceLostError(`"${name}" was lost while it was called.`, { resource: name, cause }));
    }
  }

  private refuse(error: Error): void {
    this.refusal = error;
    const takers = [...this.calls.values()];
    this.calls.clear();
    for (const taker of takers) taker.fail(error);
  }

  private readonly onMessage = (message: unknown): void => {
    if (!isOurs<FromWorker>(message)) return;
    if ('id' in message) {
      const taker = this.calls.get(message.id); // none: too late
      if (message.rxscope !== 'value') this.calls.delete(message.id);
      taker?.take(message);
    } else if (message.rxscope === 'closed') {
      this.setClosed(message.error === undefined ? null : { error: unpackError(message.error) });
    } else if (this.state === 'starting') {
      this.state = 'ready';
      this.setReady();
    }
  };

  private readonly onFailure = (error: unknown): void => {
    void this.kill(error);
  };

  private readonly onExit = (code: number): void => {
    this.port.off('message', this.onMessage);
    this.port.off('messageerror', this.onFailure);
    this.port.off('error', this.onFailure);
    this.port.off('exit', this.onExit);
    this.die(new WorkerExitError(code, this.settings.name));
    this.setExited();
  };
}
