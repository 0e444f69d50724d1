import { drawAligned, readMarbles, type Mark } from '../../lib/testing/marbles.js';

const letters = 'abc|';

describe('readMarbles', () => {
  it.each<[string, [number, string][]]>([
    ['', []],
    ['---', []],
    [
      '-a-b|',
      [
        [1, 'a'],
        [3, 'b'],
        [4, '|'],
      ],
    ],
    [
      '  a - b',
      [
        [0, 'a'],
        [2, 'b'],
      ],
    ],
    [
      '-(ab)-|',
      [
        [1, 'a'],
        [1, 'b'],
        [6, '|'],
      ],
    ],
    [
      'a 10ms b',
      [
        [0, 'a'],
        [11, 'b'],
      ],
    ],
    ['1.5s |', [[1500, '|']]],
    ['2m', []],
    ['1m |', [[60_000, '|']]],
  ])('reads "%s"', (diagram, expected) => {
    expect(readMarbles(diagram, letters)).toEqual(expected.map(([frame, symbol]) => ({ frame, symbol })));
  });

  it('refuses a symbol that means nothing', () => {
    expect(() => readMarbles('-x-', letters)).toThrow(new TypeError('"x" means nothing in the diagram "-x-".'));
  });
});

describe('drawAligned', () => {
  const marks = (...all: [number, string][]): Mark[] => all.map(([frame, symbol]) => ({ frame, symbol }));

  it.each(['', '-a-b|', '(ab)-c', 'a-(b|)', '--(abc)--|'])('draws what was read from "%s"', (diagram) => {
    expect(drawAligned([readMarbles(diagram, letters)])).toEqual([diagram]);
  });

  it('draws the same frame in the same column', () => {
    expect(drawAligned([marks([0, 'a'], [50, '|']), marks([1, 'a'], [51, '|'])])).toEqual(['a- 48ms |', '-a 48ms -|']);
    expect(drawAligned([marks([2, 'a']), marks([2, 'a'], [2, 'b'])])).toEqual(['--a', '--(ab)']);
  });

  it('draws long gaps, and what is not a whole number of frames, as time', () => {
    expect(drawAligned([marks([0, 'a'], [500, 'b'])])).toEqual(['a 499ms b']);
    expect(drawAligned([marks([0.5, 'a'])])).toEqual([' 0.5ms a']);
  });

  it('draws nothing behind the last mark of a diagram', () => {
    expect(drawAligned([marks([0, 'a']), marks([2, 'b'], [90, '|'])])).toEqual(['a', '--b 87ms |']);
    expect(drawAligned([marks(), marks([90, '|'])])).toEqual(['', ' 90ms |']);
  });

  it('lists what happens within the columns of a group', () => {
    expect(drawAligned([marks([0, 'a'], [0, 'b'], [2, '|']), marks([0, 'a'])])).toEqual([
      '(ab) at 0, | at 2',
      'a at 0',
    ]);
  });
});
