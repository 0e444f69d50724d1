import { Gate, Journal } from './journal.js';
import { microtasks } from './microtasks.js';

/** An async iterable answered by hand, which writes down what it is asked. */
export class AsyncSource<T = number> implements AsyncIterable<T> {
  readonly answers: Gate<IteratorResult<T>>[] = [];
  readonly returned = new Gate<IteratorResult<T>>();

  constructor(
    readonly journal: Journal = new Journal(),
    private readonly withReturn = true,
  ) {}

  [Symbol.asyncIterator](): AsyncIterator<T> {
    const next = (): Promise<IteratorResult<T>> => {
      this.journal.note('next()');
      const gate = new Gate<IteratorResult<T>>();
      this.answers.push(gate);
      return gate.promise;
    };
    const back = (): Promise<IteratorResult<T>> => {
      this.journal.note('return()');
      return this.returned.promise;
    };
    return this.withReturn ? { next, return: back } : { next };
  }

  async yields(value: T): Promise<void> {
    this.answers.at(-1)?.open({ done: false, value });
    await microtasks();
  }

  async ends(): Promise<void> {
    this.answers.at(-1)?.open({ done: true, value: undefined });
    await microtasks();
  }

  async fails(error: unknown): Promise<void> {
    this.answers.at(-1)?.fail(error);
    await microtasks();
  }

  /** Settles what `return()` has answered. */
  async closes(): Promise<void> {
    this.returned.open({ done: true, value: undefined });
    await microtasks();
  }

  async failsToClose(error: unknown): Promise<void> {
    this.returned.fail(error);
    await microtasks();
  }
}

/** An async iterable around an iterator of any shape, right or wrong. */
export function iterableOf<T>(iterator: unknown): AsyncIterable<T> {
  return { [Symbol.asyncIterator]: () => iterator as AsyncIterator<T> };
}
