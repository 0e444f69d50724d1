import { StringDecoder } from 'node:string_decoder';

import { CapacityError } from '../../core/index.js';

type Line = IteratorResult<string, undefined>;

const END: Line = { done: true, value: undefined };

/**
 * Cuts chunks of bytes into lines. Lines of a chunk that has been read are answered at once; asked for one line at a time.
 */
export class LineIterator implements AsyncIterator<string, undefined> {
  private readonly decoder: StringDecoder;
  /** The text between line feeds; what comes last may go on in the next chunk. */
  private pieces: string[] = [''];
  private at = 0;
  /** How many lines have been answered. */
  private count = 0;

  constructor(
    private readonly chunks: AsyncGenerator<Buffer, void, undefined>,
    encoding: BufferEncoding,
    private readonly maxLength: number,
  ) {
    this.decoder = new StringDecoder(encoding);
  }

  next(): Promise<Line> {
    return this.at < this.pieces.length - 1 ? this.answer(this.taken()) : this.more();
  }

  async return(): Promise<Line> {
    await this.chunks.return();
    return END;
  }

  /** The next piece, without the carriage return of a line that ends in both. */
  private taken(): string {
    const piece = this.pieces[this.at++] as string;
    return piece.endsWith('\r') ? piece.slice(0, -1) : piece;
  }

  private answer(line: string): Promise<Line> {
    if (line.length > this.maxLength) return this.refuse();
    this.count++;
    return Promise.resolve({ done: false, value: line });
  }

  /** Reads on until a line has ended. What is known of a line is searched once, however many chunks it takes. */
  private async more(): Promise<Line> {
    let rest = this.pieces[this.at] as string;
    for (;;) {
      const { done, value } = await this.chunks.next();
      const pieces = (done ? this.decoder.end() : this.decoder.write(value)).split('\n');
      pieces[0] = rest += pieces[0] as string;
      this.pieces = pieces;
      this.at = 0;
      if (pieces.length > 1) return this.answer(this.taken());
      if (done) return this.last(rest);
      if (rest.length > this.maxLength + 1) return this.refuse(); // one more may be a carriage return
    }
  }

  /** What no line feed follows is a line too, unless there is nothing of it. */
  private last(rest: string): Line | Promise<Line> {
    this.pieces = [''];
    return rest === '' ? END : this.answer(rest);
  }

  /** Fails where the chunks are read, so that the file is closed before the error goes on. */
  private async refuse(): Promise<never> {
    const message = `Line ${String(this.count + 1)} is longer than ${String(this.maxLength)} characters. Raise maxLength, or read the file by readChunks().`;
    await this.chunks.throw(new CapacityError(message, { resource: 'file' }));
    throw new Error('unreachable: a generator that is thrown into here fails');
  }
}
