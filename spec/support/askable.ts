import { Gate, Journal } from './journal.js';
import { microtasks } from './microtasks.js';

/** An async iterable answered by hand, which writes down what it is asked. */
export class AskedByHand<T = number> implements AsyncIterable<T> {
  private readonly answers: Gate<IteratorResult<T>>[] = [];
  private readonly returned = new Gate<IteratorResult<T>>();

  constructor(readonly journal = new Journal()) {}

  [Symbol.asyncIterator](): AsyncIterator<T> {
    return {
      next: () => {
        this.journal.note('next()');
        const gate = new Gate<IteratorResult<T>>();
        this.answers.push(gate);
        return gate.promise;
      },
      return: () => {
        this.journal.note('return()');
        return this.returned.promise;
      },
    };
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

  /** Answers `return()`. */
  async closes(): Promise<void> {
    this.returned.open({ done: true, value: undefined });
    await microtasks();
  }

  async failsToClose(error: unknown): Promise<void> {
    this.returned.fail(error);
    await microtasks();
  }
}

/** A generator that writes down when it is asked, and when it is closed. */
export function* asked<T>(journal: Journal, values: Iterable<T>): Generator<T, void> {
  try {
    for (const value of values) {
      journal.note(`asked ${String(value)}`);
      yield value;
    }
    journal.note('asked for more');
  } finally {
    journal.note('closed');
  }
}
