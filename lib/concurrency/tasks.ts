import type { Observable, ObservableInput } from 'rxjs';

import { ClosedError } from '../core/engine/errors.js';
import { lose } from '../core/engine/ending.js';
import { COMPLETE, failed, UNSUBSCRIBE, type Exit } from '../core/engine/exit.js';
import { Deferral } from '../core/engine/reply.js';
import { more, type Scope, type Sink } from '../core/engine/scope.js';
import { addedTo } from '../core/outcome.js';
import { RunningTask, type TaskOwner } from './running-task.js';
import type { TaskContext } from './task.js';
import { joinFailures } from './task-failures.js';
import { taskSource } from './task-source.js';

/** All tasks of one scope. */
export class Tasks implements TaskOwner {
  /** Those that are not over, in the order of being started. */
  readonly running = new Set<RunningTask<unknown>>();
  readonly counts = { complete: 0, error: 0, unsubscribe: 0 };
  /** Those that have failed, in that order. */
  private readonly failures = new Set<RunningTask<unknown>>();
  private state: 'open' | 'cancelling' | 'over' = 'open';
  /** The error with which a task has ended the scope. */
  private cause: Exit | null = null;
  /** Whether tasks were cancelled because the consumer left after the body's end. */
  private isCut = false;
  private exit: Exit = COMPLETE;
  /** Set while the scope waits for the tasks. */
  private done: ((outcome: Exit) => void) | null = null;

  constructor(
    readonly scope: Scope,
    readonly name: string,
  ) {}

  start<T>(input: ObservableInput<T> | ((context: TaskContext) => ObservableInput<T>), name: string): RunningTask<T> {
    this.refuseWhenClosed(name);
    const task = new RunningTask<T>(this, name);
    const source: Observable<T> = taskSource(input, task);
    this.running.add(task);
    return task.start(source);
  }

  failing(task: RunningTask<unknown>, error: unknown): void {
    if (this.failures.has(task)) return;
    this.failures.add(task);
    const isFirst = this.failures.size === 1 && ownerOf(this.scope).exit === null;
    if (isFirst) this.cause = failed(error);
    this.cancel();
    if (isFirst) lose(this.scope, error);
  }

  ended(task: RunningTask<unknown>): void {
    this.running.delete(task);
    this.counts[(task.outcome as Exit).kind]++;
    this.conclude();
  }

  /** The scope has come to the group: waits for the tasks, or cancels them, and answers what came of all. */
  close(exit: Exit, done: (outcome: Exit) => void): void {
    this.exit = exit;
    this.done = done;
    if (exit.kind !== 'complete') this.cancel();
    else if (isDeserted(this.scope)) this.cut();
    else if (this.running.size > 0) this.watch();
    this.conclude();
  }

  /** What comes after the scope has ended in another way than well would only be cancelled. */
  private refuseWhenClosed(name: string): void {
    const { exit } = ownerOf(this.scope);
    if (this.state === 'open' && (exit === null || exit.kind === 'complete')) return;
    const reason = this.state === 'over' ? 'has ended' : 'is being cancelled';
    throw new ClosedError(`"${name}" was not started: "${this.name}" ${reason}.`, { resource: this.name });
  }

  /** Answers whether any work was ended by that. */
  private cancel(): boolean {
    if (this.state !== 'open') return false;
    this.state = 'cancelling';
    let any = false;
    for (const task of [...this.running].reverse()) any = task.cancel() || any;
    return any;
  }

  /** The consumer has left after the body had ended well. */
  private readonly cut = (): void => {
    this.isCut = this.cancel();
  };

  private watch(): void {
    for (let one: Scope | null = this.scope; one !== null; one = one.whole) {
      (more(one).leavers ??= new Set()).add(this.cut);
    }
  }

  private conclude(): void {
    const { done } = this;
    if (done === null || this.running.size > 0) return;
    this.done = null;
    this.state = 'over';
    for (let one: Scope | null = this.scope; one !== null; one = one.whole) one.more?.leavers?.delete(this.cut);
    done(this.outcome());
  }

  private outcome(): Exit {
    const { exit, cause } = this;
    const ofTasks = [...this.failures].map(({ outcome }) => (outcome as { readonly error: unknown }).error);
    const ofBody = addedTo(cause ?? COMPLETE, exit);
    // A task that has failed before the body comes first; what the body made of that comes second.
    const all = cause === null ? [...ofBody, ...ofTasks] : [ofTasks[0], ...ofBody, ...ofTasks.slice(1)];
    if (all.length === 0) return this.isCut ? UNSUBSCRIBE : exit;
    return joinFailures(exit, all, this.name);
  }
}

/** The release of a group as one answer: the outcome. */
export class ClosingTasks extends Deferral {
  constructor(
    private readonly tasks: Tasks,
    private readonly exit: Exit,
  ) {
    super();
  }

  answer(sink: Sink): void {
    this.tasks.close(this.exit, (outcome) => {
      sink.value(outcome);
    });
  }
}

/** The scope that ends where `scope` is lost. */
function ownerOf(scope: Scope): Scope {
  let owner = scope;
  while (owner.owner !== null) owner = owner.owner;
  return owner;
}

/** Whether the consumer has left already, of the scope or of the whole it is a part of. */
function isDeserted(scope: Scope): boolean {
  for (let one: Scope | null = scope; one !== null; one = one.whole) if (one.left) return true;
  return false;
}
