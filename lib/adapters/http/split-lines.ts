import { CapacityError } from '../../core/index.js';

/** Cuts text that comes in pieces into what is wanted of it. */
export interface Splitter<T> {
  push(text: string): T[];
  /** What is left at the end. */
  end(): T[];
}

/** How long a line may get. */
export interface LineOptions {
  /** Characters; a longer line is a `CapacityError`, so that a server cannot fill the memory with one. Default 1 048 576. */
  readonly maxLength?: number;
}

const MOST = 1_048_576;

/** Lines, which end with LF, CR or both. What comes after the last end is a line where it is not empty. */
export class LineSplitter implements Splitter<string> {
  /** The line that has not ended: in pieces, because joining them each time takes the square of its length. */
  private pieces: string[] = [];
  private length = 0;
  /** A CR that came last: what comes next may be the LF that belongs to it. */
  private hasCr = false;
  private readonly maxLength: number;

  constructor({ maxLength = MOST }: LineOptions = {}) {
    if (!(maxLength >= 1)) {
      throw new RangeError(
        `Expected maxLength to be a number of characters, 1 or more, received ${String(maxLength)}.`,
      );
    }
    this.maxLength = maxLength;
  }

  push(text: string): string[] {
    if (text === '') return [];
    const all = this.hasCr ? `\r${text}` : text;
    this.hasCr = all.endsWith('\r');
    const lines: string[] = [];
    const ends = /\r\n|\n|\r(?!$)/g;
    let from = 0;
    for (let end = ends.exec(all); end !== null; end = ends.exec(all)) {
      this.keep(all.slice(from, end.index));
      lines.push(this.take());
      from = ends.lastIndex;
    }
    this.keep(all.slice(from, this.hasCr ? -1 : undefined));
    return lines;
  }

  end(): string[] {
    const { hasCr } = this;
    this.hasCr = false;
    return this.length > 0 || hasCr ? [this.take()] : [];
  }

  private keep(piece: string): void {
    this.length += piece.length;
    if (this.length > this.maxLength) {
      const message = `A line is longer than maxLength, ${String(this.maxLength)} characters.`;
      throw new CapacityError(message, { resource: 'http' });
    }
    if (piece !== '') this.pieces.push(piece);
  }

  private take(): string {
    const line = this.pieces.join('');
    this.pieces = [];
    this.length = 0;
    return line;
  }
}
