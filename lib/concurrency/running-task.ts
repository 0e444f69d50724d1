import type { Observable } from 'rxjs';

import { UnsubscribedError } from '../core/engine/errors.js';
import { UNSUBSCRIBE, type Exit } from '../core/engine/exit.js';
import type { Collector, Scope } from '../core/engine/scope.js';
import { IterationContext } from '../core/iteration-context.js';
import { collectorAround } from '../core/layer.js';
import { ReleaseWaiter } from '../core/release-waiter.js';
import { now } from '../internal/clock.js';

/** Whom a task tells. */
export interface TaskOwner {
  readonly scope: Scope;
  /** It has failed, or a release of it has; it may have releases to do still. */
  failing(task: RunningTask<unknown>, error: unknown): void;
  /** It is over, its releases included. */
  ended(task: RunningTask<unknown>): void;
}

/** A task as its group sees it. */
export class RunningTask<T> extends ReleaseWaiter<T> {
  readonly since = now();
  readonly context = new IterationContext();
  readonly link: Collector;
  /** What its body is in. Not the group's scope itself, which may hold what it gives back before it waits for the task. */
  readonly whole: Collector | null;
  /** How it went; null as long as it is not over. */
  outcome: Exit | null = null;
  private value: T | undefined = undefined;
  private isCancelled = false;
  private waiters: ((outcome: Exit) => void)[] | null = null;
  private promise: Promise<T> | null = null;
  private going: Promise<void> | null = null;

  constructor(
    private readonly owner: TaskOwner,
    readonly name: string,
  ) {
    super();
    this.link = owner.scope;
    this.whole = around(owner.scope);
  }

  /** Whether its own work goes on; else it is being released, or over. */
  get isOpen(): boolean {
    return this.state === 'open';
  }

  get result(): Promise<T> {
    return (this.promise ??= handled(
      new Promise<T>((resolve, reject) => {
        this.wait((outcome) => {
          if (outcome.kind === 'complete') resolve(this.value as T);
          else reject(outcome.kind === 'error' ? outcome.error : this.cancelled());
        });
      }),
    ));
  }

  get gone(): Promise<void> {
    return (this.going ??= new Promise<void>((resolve) => {
      this.wait(() => {
        resolve();
      });
    }));
  }

  start(source: Observable<T>): this {
    this.connect(source);
    return this;
  }

  /** Answers whether that has ended its work, which may have come to its end before. */
  cancel(): boolean {
    if (this.isCancelled || this.state !== 'open') return false;
    this.isCancelled = true;
    this.isStopped = true; // what it still says is not heard
    this.context.abort(this.cancelled().message);
    this.end(UNSUBSCRIBE);
    return true;
  }

  /** After being cancelled, failing because of the signal is what was asked for. */
  override collect(failure: unknown): void {
    if (!this.isCancelled || !this.context.explains(failure)) super.collect(failure);
  }

  protected override emit(value: T): void {
    this.value = value;
  }

  protected override end(exit: Exit): void {
    super.end(exit);
    if (exit.kind === 'error' && this.outcome === null) this.owner.failing(this, exit.error);
  }

  protected tell(outcome: Exit): null {
    this.outcome = outcome;
    const { waiters } = this;
    this.waiters = null;
    if (waiters !== null) for (const told of waiters) told(outcome);
    if (outcome.kind === 'error') this.owner.failing(this, outcome.error);
    this.owner.ended(this);
    return null;
  }

  private wait(told: (outcome: Exit) => void): void {
    if (this.outcome === null) (this.waiters ??= []).push(told);
    else told(this.outcome);
  }

  private cancelled(): UnsubscribedError {
    return new UnsubscribedError(`"${this.name}" was cancelled.`, { resource: this.name });
  }
}

/** What a group is in the body of. */
function around(scope: Scope): Collector | null {
  let outermost = scope;
  while (outermost.whole !== null) outermost = outermost.whole;
  return collectorAround(outermost);
}

/** The same promise. Where it rejects and nobody looks, that is not unhandled. */
function handled<T>(promise: Promise<T>): Promise<T> {
  promise.catch(() => undefined);
  return promise;
}
