import type { Splitter } from './line-splitter.js';

/** What bytes come from. One that has `throw` is told what its text has failed with, and passes it on in its own time. */
export interface ByteIterator {
  next(): Promise<IteratorResult<Uint8Array, unknown>>;
  return(): Promise<unknown>;
  throw?(error: unknown): Promise<unknown>;
}

/** Bytes as text, in the pieces in which they come. Without bytes: what is left at the end. */
export type Decode = (bytes?: Uint8Array) => string;

type Result<T> = IteratorResult<T, undefined>;

/** Goes through the text of what is read, piece by piece. More is read only when all that was read is taken. */
export class SplitText<T> implements AsyncIterator<T, undefined> {
  private found: Iterator<T, void> = [].values();
  private isEnd = false;

  constructor(
    private readonly bytes: ByteIterator,
    private readonly decode: Decode,
    private readonly splitter: Splitter<T>,
  ) {}

  async next(): Promise<Result<T>> {
    try {
      for (;;) {
        const step = this.found.next();
        if (step.done !== true) return step;
        if (this.isEnd) return { done: true, value: undefined };
        this.found = await this.read();
      }
    } catch (error) {
      await this.bytes.throw?.(error);
      throw error;
    }
  }

  async return(): Promise<Result<T>> {
    this.isEnd = true;
    this.found = [].values();
    await this.bytes.return();
    return { done: true, value: undefined };
  }

  private async read(): Promise<Iterator<T, void>> {
    const { done, value } = await this.bytes.next();
    if (done !== true) return this.splitter.push(this.decode(value));
    this.isEnd = true;
    return this.splitter.end(this.decode());
  }
}
