/** Something in a diagram: what happens at which frame. */
export interface Mark {
  readonly frame: number;
  readonly symbol: string;
}

const TOKEN = /(?<amount>\d+(?:\.\d+)?)(?<unit>ms|s|m)(?=\s|$)|\S/gu;
const MILLISECONDS: Readonly<Record<string, number>> = { ms: 1, s: 1000, m: 60_000 };

/**
 * Reads a diagram as `TestScheduler#run` does: spaces are nothing, `10ms` is time, what stands in parentheses happens in
 * the frame of the opening one. Of the symbols only those of `alphabet` are taken.
 */
export function readMarbles(diagram: string, alphabet: string): Mark[] {
  const marks: Mark[] = [];
  let frame = 0;
  let group: number | null = null;
  for (const { 0: symbol, groups } of diagram.matchAll(TOKEN)) {
    const unit = groups?.['unit'];
    if (unit !== undefined) {
      frame += Number(groups?.['amount']) * (MILLISECONDS[unit] ?? 0);
      continue;
    }
    if (symbol === '(') group = frame;
    else if (symbol === ')') group = null;
    else if (alphabet.includes(symbol)) marks.push({ frame: group ?? frame, symbol });
    else if (symbol !== '-') throw new TypeError(`"${symbol}" means nothing in the diagram "${diagram}".`);
    frame += 1;
  }
  return marks;
}

/** Gaps longer than this are drawn as time. */
const LONGEST_GAP = 24;

/**
 * Draws diagrams one below the other, so that a column is the same frame in all of them. Where marbles cannot say it,
 * because something happens within the columns of a group, what happens is listed.
 */
export function drawAligned(diagrams: readonly (readonly Mark[])[]): string[] {
  const lines = diagrams.map((marks) => new Line(cellsOf(marks)));
  const frames = [...new Set(diagrams.flat().map(({ frame }) => frame))].sort((a, b) => a - b);
  for (const frame of frames) {
    const end = Math.max(...lines.map((line) => line.end));
    for (const line of lines) if (!line.draw(frame, end)) return diagrams.map(list);
  }
  return lines.map(({ text }) => text.replace(/(?:-| [\d.]+ms )+$/, ''));
}

class Line {
  text = '';
  /** The frame up to which it is drawn. */
  end = 0;

  constructor(private readonly cells: ReadonlyMap<number, string>) {}

  /** Draws up to a frame and what happens there; `from` is how far the longest line has come. False where it is too far. */
  draw(frame: number, from: number): boolean {
    const cell = this.cells.get(frame) ?? '';
    if (this.end > frame) return cell === '';
    const gap = frame - from;
    const isLong = gap > LONGEST_GAP || (gap > 0 && !Number.isInteger(gap));
    this.text += isLong ? `${'-'.repeat(from - this.end)} ${String(gap)}ms ` : '-'.repeat(frame - this.end);
    this.text += cell;
    this.end = frame + cell.length;
    return true;
  }
}

function cellsOf(marks: readonly Mark[]): Map<number, string> {
  const symbols = new Map<number, string>();
  for (const { frame, symbol } of marks) symbols.set(frame, (symbols.get(frame) ?? '') + symbol);
  return new Map([...symbols].map(([frame, all]) => [frame, all.length > 1 ? `(${all})` : all]));
}

function list(marks: readonly Mark[]): string {
  return [...cellsOf(marks)].map(([frame, cell]) => `${cell} at ${String(frame)}`).join(', ');
}
