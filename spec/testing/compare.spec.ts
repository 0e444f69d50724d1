import { difference, drawComparison, firstDifference } from '../../lib/testing/compare.js';
import { readMarbles } from '../../lib/testing/marbles.js';
import { lines } from '../support/failure-of.js';

const read = (diagram: string) => readMarbles(diagram, 'ab|');

describe('firstDifference', () => {
  it.each([
    ['-a-b|', '-a-b|', null],
    ['-a-b|', '-a--b|', 3],
    ['-a-b|', '-a--|', 3],
    ['-a', '-a-b', 3],
    ['', '-a', 1],
    ['-a', '-b', 1],
  ])('of "%s" and "%s" is at %s', (expected, actual, frame) => {
    expect(firstDifference(read(expected), read(actual))).toBe(frame);
  });
});

describe('drawComparison', () => {
  it('puts a caret under the first column that differs', () => {
    expect(drawComparison({ expected: read('-a-b|'), actual: read('-a--b|') })).toBe(
      lines('  expected  -a-b|', '  actual    -a--b|', '               ^ frame 3'),
    );
  });

  it('adds what else is to be said, one below the other', () => {
    const notes = { expected: 'this', actual: 'that' };
    expect(drawComparison({ expected: read('a|'), actual: read('a--|'), notes })).toBe(
      lines('  expected  a|    this', '  actual    a--|  that', '             ^ frame 1'),
    );
  });

  it('has no caret where nothing differs', () => {
    expect(drawComparison({ expected: read('a'), actual: read('a') })).toBe(lines('  expected  a', '  actual    a'));
  });
});

describe('difference', () => {
  it('offers the drawn lines to runners that compare by themselves', () => {
    const drawn = [drawComparison({ expected: read('a|'), actual: read('-a|') }), '  A = 1'];
    expect(difference('Differs.', drawn)).toMatchObject({
      message: lines('Differs.', '  expected  a|', '  actual    -a|', '            ^ frame 0', '  A = 1'),
      expected: 'a|',
      actual: '-a|',
    });
  });
});
