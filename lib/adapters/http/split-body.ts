import type { BodyReader } from './body-reader.js';
import type { Splitter } from './split-lines.js';

/** Goes through the text of a body, piece by piece. More is read only when all that was read is taken. */
export class SplitBody<T> implements AsyncIterator<T, undefined> {
  private readonly decoder = new TextDecoder();
  private found: T[] = [];
  private at = 0;
  private isEnd = false;

  constructor(
    private readonly body: BodyReader,
    private readonly splitter: Splitter<T>,
  ) {}

  async next(): Promise<IteratorResult<T, undefined>> {
    while (this.at === this.found.length) {
      if (this.isEnd) return { done: true, value: undefined };
      this.found = await this.read();
      this.at = 0;
    }
    return { done: false, value: this.found[this.at++] as T };
  }

  async return(): Promise<IteratorResult<T, undefined>> {
    this.isEnd = true;
    this.found = [];
    this.at = 0;
    await this.body.return();
    return { done: true, value: undefined };
  }

  private async read(): Promise<T[]> {
    const { done, value } = await this.body.next();
    if (done !== true) return this.splitter.push(this.decoder.decode(value, { stream: true }));
    this.isEnd = true;
    return [...this.splitter.push(this.decoder.decode()), ...this.splitter.end()];
  }
}
