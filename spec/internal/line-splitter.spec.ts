import { LineSplitter, type LineEnds } from '../../lib/internal/line-splitter.js';

const tooLong = (number: number): Error => new RangeError(`line ${String(number)}`);

function linesOf(ends: LineEnds, pieces: readonly string[], maxLength = Infinity): string[] {
  const splitter = new LineSplitter(ends, maxLength, tooLong);
  return [...pieces.flatMap((piece) => [...splitter.push(piece)]), ...splitter.end('')];
}

describe('LineSplitter', () => {
  const text = 'a\r\n\r\nbc\rd\n\re\n\n\r\r\nf\r';
  const expected: readonly (readonly [LineEnds, readonly string[]])[] = [
    ['any', ['a', '', 'bc', 'd', '', 'e', '', '', '', 'f']],
    ['lf', ['a', '', 'bc\rd', '\re', '', '\r', 'f\r']],
  ];

  describe.each(expected)('at ends of the kind %s', (ends, lines) => {
    it('cuts there and nowhere else', () => {
      expect(linesOf(ends, [text])).toEqual(lines);
      expect(linesOf(ends, ['a\u2028b\u0085c\vd\fe\n'])).toEqual(['a\u2028b\u0085c\vd\fe']);
    });

    it('cuts in the same places however the text comes in', () => {
      for (let first = 0; first <= text.length; first++) {
        for (let second = first; second <= text.length; second++) {
          expect(linesOf(ends, [text.slice(0, first), text.slice(first, second), text.slice(second)])).toEqual(lines);
        }
      }
      expect(linesOf(ends, Array.from(text))).toEqual(lines);
    });

    it('has no line after the last end', () => {
      expect(linesOf(ends, ['a\n'])).toEqual(['a']);
      expect(linesOf(ends, ['a\n', ''])).toEqual(['a']);
      expect(linesOf(ends, [])).toEqual([]);
    });

    it('takes text together with the end of it', () => {
      const splitter = new LineSplitter(ends, Infinity, tooLong);
      expect([...splitter.push('a\r'), ...splitter.end('\nb\nc')]).toEqual(['a', 'b', 'c']);
    });

    it('takes lines of exactly the longest, whatever they end with', () => {
      for (const all of ['abc\nabc', 'abc\r\nabc\r\n']) {
        expect(linesOf(ends, [all], 3)).toEqual(['abc', 'abc']);
        expect(linesOf(ends, Array.from(all), 3)).toEqual(['abc', 'abc']);
      }
    });

    it('fails at a line that is longer, ended or not, after the lines before it', () => {
      for (const tail of ['abcd\n', 'abcd', 'abcd\r\n']) {
        const seen: string[] = [];
        const splitter = new LineSplitter(ends, 3, tooLong);
        const read = (): void => {
          for (const line of splitter.push(`abc\n\n${tail}`)) seen.push(line);
        };
        expect(read).toThrow(new RangeError('line 3'));
        expect(seen).toEqual(['abc', '']);
      }
    });

    it('counts all the lines there were, to tell which one it is', () => {
      const splitter = new LineSplitter(ends, 3, tooLong);
      expect([...splitter.push('a\nb\nc')]).toEqual(['a', 'b']);
      expect(() => [...splitter.end('def')]).toThrow(new RangeError('line 3'));
    });

    it('takes time in proportion to the text, also for one long line in many pieces', () => {
      const splitter = new LineSplitter(ends, Infinity, tooLong);
      for (let i = 0; i < 50_000; i++) splitter.push('0123456789').next();
      expect(splitter.end('').next().value).toHaveLength(500_000);
    });
  });

  it('counts a carriage return at the very end as part of the line where it ends none', () => {
    expect(linesOf('any', ['abc\r'], 3)).toEqual(['abc']);
    expect(() => linesOf('lf', ['abc\r'], 3)).toThrow(RangeError);
  });
});
