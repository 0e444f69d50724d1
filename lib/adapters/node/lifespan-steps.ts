import { saysAborted } from '../../core/engine/exit.js';
import { ClosedError, ExitStack, type Exit, type Resource } from '../../core/index.js';
import { StopForcedError } from './errors.js';
import type { StepOptions } from './lifespan-options.js';
import type { StepReport } from './lifespan-report.js';
import { Step, type StepOwner } from './lifespan-step.js';

/** Everything that an application has started, and is starting. */
export class Steps {
  private readonly stack = new ExitStack();
  private readonly steps: Step<unknown>[] = [];
  private readonly pending = new Set<Promise<unknown>>();
  private isBuilt = false;

  constructor(
    private readonly name: string,
    private readonly owner: StepOwner,
  ) {
    this.stack.push(() => this.tellForced());
  }

  /** Starts one, to be stopped with all others. */
  async start<T>(name: string, source: Resource<T>, options: StepOptions): Promise<T> {
    const { signal } = this.owner;
    if (signal.aborted) {
      throw new ClosedError(`"${name}" was not started: "${this.name}" is stopping.`, {
        resource: name,
        cause: signal.reason,
      });
    }
    const step = new Step<T>(name, this.owner, options);
    this.steps.push(step);
    const started = step.enter(source).then((handle) => {
      this.stack.push((exit) => step.stop(exit));
      return handle;
    });
    return this.follow(started);
  }

  /** Waits for what starts them, also where it is not wanted any more; what it fails with then is told when they are stopped. */
  async build<T>(building: Promise<T>): Promise<T> {
    try {
      return await this.follow(building);
    } catch (error) {
      if (this.owner.signal.aborted && !saysAborted(error, this.owner.signal))
        this.stack.push(() => Promise.reject(error));
      throw error;
    } finally {
      this.isBuilt = true;
    }
  }

  /** Stops them in reverse, each told the outcome so far. Answers whether one of them suppressed the error of `exit`. */
  async stop(exit: Exit): Promise<boolean> {
    // What is still starting has been told to give up; what comes of it all the same is to be stopped with the others.
    while (this.pending.size > 0 && this.owner.cut.by === null) {
      await this.owner.cut.within(Promise.allSettled(this.pending));
    }
    return this.stack.close(exit);
  }

  report(): readonly StepReport[] {
    return Object.freeze(this.steps.map((step) => step.report()));
  }

  private async follow<T>(work: Promise<T>): Promise<T> {
    this.pending.add(work);
    try {
      return await work;
    } finally {
      this.pending.delete(work);
    }
  }

  /** At the bottom of the stack: what was left alone is known when everything else has been stopped. */
  private tellForced(): void {
    const { by } = this.owner.cut;
    if (by === null) return;
    const left = this.steps.filter((step) => step.isLeft).map((step) => step.name);
    if (!this.isBuilt) left.unshift('the start');
    if (left.length > 0) throw new StopForcedError(this.name, by, left);
  }
}
