import { ReleaseTimeoutError } from '../../core/index.js';
import { unpackError } from './packed-error.js';
import type { CallTaker, WorkerLink } from './worker-link.js';
import type { CallAnswer } from './worker-port.js';
import type { CallOptions } from './worker-calls.js';

interface Settle<T> {
  resolve(this: void, value: T): void;
  reject(this: void, error: unknown): void;
}

type Result<T> = IteratorResult<T, undefined>;

const END = { done: true, value: undefined } as const;

/** One call of a worker: asks for its results one by one, and tells the worker where they are not wanted any more. */
export class WorkerCall<T> implements AsyncIterator<T, undefined>, CallTaker {
  /** `open`: begun, and not asked for anything right now. */
  private state: 'new' | 'open' | 'asked' | 'cancelled' | 'over' = 'new';
  private id = 0;
  private asked: Settle<Result<T>> | null = null;
  private cancelled: Settle<void> | null = null;
  /** What it has failed with when nobody had asked; presence decides. */
  private failure: { readonly error: unknown } | null = null;

  constructor(
    private readonly link: WorkerLink,
    private readonly name: string,
    private readonly input: unknown,
    private readonly options: CallOptions,
  ) {}

  async next(): Promise<Result<T>> {
    if (this.failure !== null) {
      const { error } = this.failure;
      this.failure = null;
      throw error;
    }
    if (this.state === 'over') return END;
    if (this.state === 'open') {
      this.link.tell({ rxscope: 'ask', id: this.id });
    } else {
      this.state = 'over'; // where the worker has gone, or the input cannot be sent
      this.id = this.link.call(this, this.name, this.input, this.options.transfer ?? []);
    }
    this.state = 'asked';
    return new Promise((resolve, reject) => {
      this.asked = { resolve, reject };
    });
  }

  /** Resolves when the call has ended in the worker, or the worker has. */
  async return(): Promise<Result<T>> {
    const { link, state, asked } = this;
    if (state === 'new' || state === 'over') {
      this.state = 'over';
      this.failure = null;
      return END;
    }
    this.state = 'cancelled';
    this.asked = null;
    asked?.resolve(END);
    const ended = new Promise<void>((resolve, reject) => {
      this.cancelled = { resolve, reject };
    });
    link.tell({ rxscope: 'cancel', id: this.id });
    const { cancelTimeout, name } = link.settings;
    if (!(await link.within(ended, cancelTimeout))) {
      const message = `A call of "${name}" did not end within ${cancelTimeout} ms of being cancelled: it was terminated.`;
      await link.kill(new ReleaseTimeoutError(message, { resource: name }));
    }
    await ended;
    return END;
  }

  take(answer: CallAnswer): void {
    const { asked, cancelled } = this;
    if (this.state === 'cancelled' && answer.rxscope === 'value') return; // on its way when it was cancelled
    this.state = answer.rxscope === 'value' ? 'open' : 'over';
    this.asked = null;
    if (answer.rxscope === 'error') (asked ?? cancelled)?.reject(unpackError(answer.error));
    else if (cancelled !== null) cancelled.resolve();
    else asked?.resolve(answer.rxscope === 'end' ? END : { done: false, value: answer.value as T });
  }

  fail(error: unknown): void {
    const { asked, cancelled } = this;
    this.state = 'over';
    this.asked = null;
    if (cancelled !== null) cancelled.resolve();
    else if (asked !== null) asked.reject(error);
    else this.failure = { error };
  }
}
