import { readLifecycle, shorten } from '../../lib/testing/lifecycle.js';

/** As `symbol` and frame: `a0 ^2`. */
function short(diagram: string): string {
  return readLifecycle(diagram)
    .map(({ symbol, frame }) => `${symbol}${String(frame)}`)
    .join(' ');
}

describe('readLifecycle', () => {
  it.each([
    ['a-^----!--|', 'a0 ^2 !7 |10'],
    ['  a-^- 10ms !|', 'a0 ^2 !14 |15'],
    ['(a^)--!--|', 'a0 ^0 !6 |9'],
    ['a--#', 'a0 #3'],
    ['a-^--!-#', 'a0 ^2 !5 #7'],
    ['', ''],
  ])('reads "%s"', (diagram, events) => {
    expect(short(diagram)).toBe(events);
  });

  it.each([
    ['^--!--|', 'a0 ^0 !3 |6'],
    ['^--|', 'a0 ^0 !3 |3'],
    ['^--#', 'a0 ^0 !3 #3'],
    ['(^|)', 'a0 ^0 !0 |0'],
    ['a--(^|)', 'a0 ^3 !3 |3'],
    ['a--!--|', 'a0 ^3 !3 |6'],
    ['#', 'a0 #0'],
  ])('takes what is not drawn to happen in the frame of what comes next: "%s"', (diagram, events) => {
    expect(short(diagram)).toBe(events);
  });

  it('reads the end of a scope that is not drawn as entered as its being given up', () => {
    expect(short('a--|')).toBe('a0 |3');
    expect(short('|')).toBe('a0 |0');
  });

  it.each([
    ['aa', '"a" cannot follow "a" in the diagram "aa".'],
    ['^-|-!', '"!" cannot follow "|" in the diagram "^-|-!".'],
    ['a-!-^', '"^" cannot follow "!" in the diagram "a-!-^".'],
    ['a-|#', '"#" cannot follow "|" in the diagram "a-|#".'],
    ['a-x', '"x" means nothing in the diagram "a-x".'],
  ])('refuses "%s"', (diagram, message) => {
    expect(() => readLifecycle(diagram)).toThrow(new TypeError(message));
  });
});

describe('shorten', () => {
  it.each([
    'a-^----!--|',
    '^--|',
    '^--#',
    '(^|)',
    '(^#)',
    'a--(^|)',
    'a--!--|',
    'a--|',
    'a--#',
    '|',
    '#',
    '^',
    'a',
    '',
  ])('leaves out of "%s" only what reading puts in again', (diagram) => {
    const marks = shorten(readLifecycle(diagram));
    const drawn = marks.map(({ symbol }) => symbol).join('');
    expect(drawn).toBe(diagram.replaceAll(/[-()]/g, ''));
  });

  it.each([
    ['(a^)---(!|)', '^|'],
    ['(a^!|)', '^|'],
    ['a-(^!)-|', 'a!|'],
    ['(a#)', '#'],
  ])('shortens "%s"', (diagram, symbols) => {
    expect(
      shorten(readLifecycle(diagram))
        .map(({ symbol }) => symbol)
        .join(''),
    ).toBe(symbols);
  });
});
