import { CapacityError } from '../../../lib/index.js';
import { LineSplitter } from '../../../lib/adapters/http/split-lines.js';

function linesOf(pieces: readonly string[]): string[] {
  const splitter = new LineSplitter();
  return [...pieces.flatMap((piece) => splitter.push(piece)), ...splitter.end()];
}

describe('LineSplitter', () => {
  const text = 'a\r\n\r\nbc\rd\n\re\n\n\r\r\nf\r';
  const lines = ['a', '', 'bc', 'd', '', 'e', '', '', '', 'f'];

  it('cuts at LF, CR and CR LF', () => {
    expect(linesOf([text])).toEqual(lines);
  });

  it('cuts in the same places however the text comes in', () => {
    for (let first = 0; first <= text.length; first++) {
      for (let second = first; second <= text.length; second++) {
        expect(linesOf([text.slice(0, first), text.slice(first, second), text.slice(second)])).toEqual(lines);
      }
    }
    expect(linesOf(Array.from(text))).toEqual(lines);
  });

  it('has no line after the last end', () => {
    expect(linesOf(['a\n'])).toEqual(['a']);
    expect(linesOf(['a\n', ''])).toEqual(['a']);
    expect(linesOf([])).toEqual([]);
  });

  it('refuses a line that is too long, whether it has ended or not', () => {
    const splitter = new LineSplitter({ maxLength: 3 });
    expect(splitter.push('abc\nde')).toEqual(['abc']);
    expect(() => splitter.push('fg')).toThrow(CapacityError);
    expect(() => new LineSplitter({ maxLength: 3 }).push('abcd\n')).toThrow(CapacityError);
    expect(() => new LineSplitter({ maxLength: 0 })).toThrow(RangeError);
  });

  it('takes time in proportion to the text, also for one long line in many pieces', () => {
    const splitter = new LineSplitter({ maxLength: Infinity });
    for (let i = 0; i < 50_000; i++) splitter.push('0123456789');
    expect(splitter.end()[0]).toHaveLength(500_000);
  });
});
