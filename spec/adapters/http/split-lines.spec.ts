import { CapacityError } from '../../../lib/index.js';
import { lineSplitter } from '../../../lib/adapters/http/split-lines.js';

describe('lineSplitter', () => {
  it('cuts at the ends that it is told', () => {
    expect([...lineSplitter('any', {}).end('a\rb')]).toEqual(['a', 'b']);
    expect([...lineSplitter('lf', {}).end('a\rb')]).toEqual(['a\rb']);
  });

  it('refuses lines of more than 1 048 576 characters, unless it is told otherwise', () => {
    expect([...lineSplitter('any', {}).push('x'.repeat(1_048_576))]).toEqual([]);
    expect(() => [...lineSplitter('any', {}).push('x'.repeat(1_048_577))]).toThrow(CapacityError);
    expect(() => [...lineSplitter('any', { maxLength: 3 }).push('abcd')]).toThrow(
      'A line is longer than maxLength, 3 characters.',
    );
    expect([...lineSplitter('any', { maxLength: Infinity }).end('x'.repeat(2_000_000))]).toHaveLength(1);
  });

  it('refuses a length that is none', () => {
    for (const maxLength of [0, 0.5, Number.NaN]) {
      expect(() => lineSplitter('any', { maxLength })).toThrow(RangeError);
    }
    expect([...lineSplitter('any', { maxLength: 1 }).end('a')]).toEqual(['a']);
  });
});
