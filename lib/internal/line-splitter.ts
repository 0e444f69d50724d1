/** Cuts text that comes in pieces into what is wanted of it. What is cut is to be taken before more is pushed. */
export interface Splitter<T> {
  push(text: string): Iterator<T, void>;
  /** What is left at the end, after the last of the text. */
  end(text: string): Iterator<T, void>;
}

/**
 * Where a line ends: `lf` is at LF, with the CR before it, as in files and in JSON lines, where a CR alone is content; `any` is
 * at a CR alone as well, as event streams have it.
 */
export type LineEnds = 'lf' | 'any';

/** What text is split at. The CR of a line that ends with both is taken off when there is a line: that is quicker. */
const ENDS = { lf: '\n', any: /\r\n?|\n/ };

/** Lines without their ends. What comes after the last end is a line where it is not empty. */
export class LineSplitter implements Splitter<string> {
  /** The line that has not ended. */
  private rest = '';
  /** A CR that came last: what comes next may be the LF that belongs to it. */
  private hasCr = false;
  /** How many lines there were. */
  private count = 0;

  /** @param tooLong what to fail with at the line of that number, counted from 1, after the lines before it. */
  constructor(
    private readonly ends: LineEnds,
    private readonly maxLength: number,
    private readonly tooLong: (number: number) => Error,
  ) {}

  *push(text: string): Generator<string, void, undefined> {
    const all = this.hasCr ? `\r${text}` : text;
    this.hasCr = all.endsWith('\r');
    // Only what is new is searched, however many pieces a line has.
    const lines = (this.hasCr ? all.slice(0, -1) : all).split(ENDS[this.ends]);
    lines[0] = this.rest + (lines[0] as string);
    this.rest = lines.pop() as string;
    for (const line of lines) {
      yield this.checked(line.endsWith('\r') ? line.slice(0, -1) : line);
      this.count++;
    }
    this.checked(this.rest);
  }

  *end(text: string): Generator<string, void, undefined> {
    yield* this.push(text);
    const isContent = this.hasCr && this.ends === 'lf';
    if (this.rest !== '' || this.hasCr) yield this.checked(isContent ? `${this.rest}\r` : this.rest);
  }

  private checked(line: string): string {
    if (line.length > this.maxLength) throw this.tooLong(this.count + 1);
    return line;
  }
}
