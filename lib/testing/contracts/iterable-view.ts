import { equals } from '../equals.js';
import { show } from '../show.js';
import type { LawNumber } from './laws.js';
import type { Trial } from './trial.js';

/** What {@link checkAsyncIterableContract} is told about an async iterable. The more of it, the more is checked. */
export interface AsyncIterableSubject<T> {
  readonly iterable: AsyncIterable<T>;
  /** All values that a run through it gives. Default: not looked at. */
  readonly values?: readonly T[];
  /** How many runs have begun so far: what a run holds has been opened. Looked at together with `closed`. */
  opened?(this: void): number;
  /** How many runs have been cleaned up so far, to the end. */
  closed?(this: void): number;
  /** The same iterable over a source that gives nothing, and does not end: its first `next()` stays pending. */
  readonly stalled?: AsyncIterable<T>;
  /** The same iterable over a source that fails after its values. */
  readonly failing?: AsyncIterable<T>;
}

export type Result<T> = IteratorResult<T, unknown>;

/** How many runs have begun, and how many are cleaned up. */
type Counts = readonly [number, number];

/** An async iterable under test. */
export class IterableView<T> {
  private seen: Counts | null = null;

  constructor(
    readonly trial: Trial,
    readonly subject: AsyncIterableSubject<T>,
  ) {}

  /** One run through it, left when the case is over. */
  run(iterable: AsyncIterable<T> = this.subject.iterable): Run<T> {
    const run = new Run(this, iterable[Symbol.asyncIterator]());
    this.trial.keep({ unsubscribe: () => run.abandon() });
    return run;
  }

  /** What is seen as the promise settles, before anything else can happen, is what {@link assertClosed} looks at. */
  within<A>(law: LawNumber, promise: PromiseLike<A>, expected: string): Promise<A> {
    return this.trial.within(law, promise, expected, () => (this.seen = this.counts()));
  }

  assertClosed(when: string, [begun, ended] = this.seen ?? this.counts()): void {
    this.seen = null;
    this.trial.check(
      32,
      begun === ended,
      `every run cleaned up once ${when}`,
      `${begun} began, ${ended} are cleaned up`,
    );
  }

  counts(): Counts {
    const { opened, closed } = this.subject;
    return opened === undefined || closed === undefined ? [0, 0] : [opened(), closed()];
  }

  assertNotBegun(when: string): void {
    const begun = this.subject.opened?.() ?? 0;
    this.trial.check(33, begun === 0, `nothing begun ${when}`, `${begun} runs began`);
  }

  assertValues(actual: readonly unknown[], expected: readonly unknown[] | undefined = this.subject.values): void {
    if (expected === undefined) return;
    this.trial.check(33, equals(actual, expected), `the values ${show(expected)}`, show(actual));
  }
}

/** An iterator whose every call has to be answered, and in the form of the protocol. */
export class Run<T> {
  constructor(
    private readonly view: IterableView<T>,
    readonly iterator: AsyncIterator<T, unknown>,
  ) {}

  next(): Promise<Result<T>> {
    return this.answered(this.iterator.next(), 'next()');
  }

  /** Done, where the iterator has no `return()`. */
  return(): Promise<Result<T>> {
    const leaving = this.iterator.return?.() ?? Promise.resolve({ done: true, value: undefined } as const);
    return this.answered(leaving, 'return()');
  }

  /** As many values as there are, up to `most`. */
  async take(most: number): Promise<T[]> {
    const values: T[] = [];
    while (values.length < most) {
      const { done, value } = await this.next();
      if (done === true) break;
      values.push(value);
    }
    return values;
  }

  async assertDone(when: string): Promise<void> {
    for (let i = 0; i < 2; i++) {
      const { done, value } = await this.next();
      this.view.trial.check(33, done === true, `next() done ${when}`, `it answered ${show(value)}`);
    }
  }

  /** Left without anybody being interested in how that goes. */
  abandon(): void {
    this.iterator.return?.().catch(() => undefined);
  }

  private async answered(answer: Promise<Result<T>>, call: string): Promise<Result<T>> {
    this.view.trial.check(
      33,
      typeof (answer as Partial<typeof answer>).then === 'function',
      `${call} answers a promise`,
      show(answer),
    );
    const result: unknown = await this.view.within(33, answer, `${call} answered`);
    this.view.trial.check(33, typeof result === 'object' && result !== null, `${call} answers a result`, show(result));
    return result as Result<T>;
  }
}
