/** What was expected of a lifecycle and what it was, both as text. */
export interface LifecycleErrorOptions {
  readonly expected?: string | undefined;
  readonly actual?: string | undefined;
  readonly cause?: unknown;
}

/**
 * A lifecycle is not what the test says it is. The message tells all of it; `expected` and `actual` are there for
 * runners that show a difference in their own way.
 *
 * @example
 * ```ts
 * import { using } from 'rxscope';
 * import { LifecycleError, testResources } from 'rxscope/testing';
 *
 * let failure: unknown;
 * try {
 *   testResources(({ cold, probe, expectLifecycle, expectObservable }) => {
 *     const db = probe('db', { release: '--|' });
 *     expectObservable(using(db, () => cold('-r|'))).toBe('-r--|');
 *     expectLifecycle(db).toBe('^-|');
 *   });
 * } catch (error) {
 *   failure = error;
 * }
 * const message = failure instanceof LifecycleError ? failure.message.split('\n') : [];
 * message[0]; // => 'The lifecycle of "db" differs.'
 * message[1]; // => '  expected  ^-|'
 * message[2]; // => '  actual    ^-!-|  exit complete'
 * message[3]; // => '              ^ frame 2'
 * ```
 */
export class LifecycleError extends Error {
  override name = 'LifecycleError';
  /** Stable identifier to match on. */
  readonly code = 'RXSCOPE_LIFECYCLE';
  declare readonly expected?: string;
  declare readonly actual?: string;

  constructor(message: string, { expected, actual, ...rest }: LifecycleErrorOptions = {}) {
    super(message, 'cause' in rest ? { cause: rest.cause } : undefined);
    if (expected !== undefined) this.expected = expected;
    if (actual !== undefined) this.actual = actual;
  }

  /** @internal Gives it the stack of the expectation: its own begins in a scheduler. */
  placed(frames: string | null): this {
    if (frames !== null) this.stack = `${this.name}: ${this.message}\n${frames.replace(/^/gm, '    ')}`;
    return this;
  }

  /** @internal Says more, under the same stack. */
  extended(text: string): this {
    const { message } = this;
    this.message = `${message}\n${text}`;
    if (this.stack !== undefined) this.stack = this.stack.replace(message, () => this.message);
    return this;
  }
}
