import type { LifecycleSymbol } from '../../lib/testing/index.js';
import type { Picture, Row, ScopeRow } from '../../scripts/diagrams/picture.js';
import { drawSvg } from '../../scripts/diagrams/svg.js';
import { drawText } from '../../scripts/diagrams/text.js';

type Marks<S = string> = readonly (readonly [frame: number, symbol: S])[];

const marksOf = <S>(marks: Marks<S>): { frame: number; symbol: S }[] =>
  marks.map(([frame, symbol]) => ({ frame, symbol }));
const values = (label: string, from: number, marks: Marks): Row => ({
  kind: 'values',
  label,
  runs: [{ from, marks: marksOf(marks) }],
});
const scope = (label: string, exit: ScopeRow['exit'], marks: Marks<LifecycleSymbol>): Row => ({
  kind: 'scope',
  label,
  exit,
  marks: marksOf(marks),
});
const picture = (...rows: Row[]): Picture => ({ name: 'scene', title: 'a < b', rows });

describe('drawText', () => {
  it('keeps to columns, is blank before a row begins, and tells the exits behind', () => {
    const body = values('body', 2, [
      [3, 'x'],
      [5, '|'],
    ]);
    const file = scope('file', 'complete', [
      [0, 'a'],
      [2, '^'],
      [5, '!'],
      [7, '|'],
    ]);
    expect(drawText(picture(body, file))).toEqual(['body    -x-|', 'file  a-^--!-|  complete']);
  });

  it('draws what happens in one frame as a group, and a scope in its short form', () => {
    const file = scope('file', 'error', [
      [0, 'a'],
      [0, '^'],
      [2, '!'],
      [2, '|'],
    ]);
    const group = values('body', 0, [
      [1, 'x'],
      [1, '|'],
    ]);
    expect(drawText(picture(file, group))).toEqual(['file  ^-|    error', 'body  -(x|)']);
  });

  it('goes on to the end where a row is not over', () => {
    expect(drawText(picture(values('a', 0, [[1, 'x']]), values('b', 0, [[3, '|']])))).toEqual(['a  -x---', 'b  ---|']);
  });

  it('refuses what has no room behind a group', () => {
    const crowded = values('body', 0, [
      [0, 'x'],
      [0, 'y'],
      [2, '|'],
    ]);
    expect(() => drawText(picture(crowded))).toThrow(
      '"body" has something at frame 2, where a group before it is drawn.',
    );
  });
});

describe('drawSvg', () => {
  const count = (svg: string, part: string): number => svg.split(part).length - 1;

  it('puts observables above and scopes below, whichever way they come', () => {
    const svg = drawSvg(picture(scope('file', 'complete', [[0, 'a']]), values('body', 0, [])));
    expect(svg.indexOf('>body<')).toBeLessThan(svg.indexOf('>file<'));
  });

  it('draws a bar hatched, solid and hatched, with its edge and its exit', () => {
    const svg = drawSvg(
      picture(
        scope('file', 'unsubscribe', [
          [0, 'a'],
          [1, '^'],
          [2, '!'],
          [3, '|'],
        ]),
      ),
    );
    expect([count(svg, 'url(#hatch-scene)'), count(svg, 'class="held"'), count(svg, 'class="edge"')]).toEqual([
      2, 1, 1,
    ]);
    expect(svg).toContain('>unsubscribe<');
  });

  it.each<[string, Marks<LifecycleSymbol>, number]>([
    [
      'not entered',
      [
        [0, 'a'],
        [1, '#'],
      ],
      1,
    ],
    [
      'given up',
      [
        [0, 'a'],
        [1, '|'],
      ],
      0,
    ],
    [
      'open',
      [
        [0, 'a'],
        [1, '^'],
      ],
      0,
    ],
  ])('says of a scope that was told no exit: %s', (kind, marks, crosses) => {
    const svg = drawSvg(picture(scope('file', null, marks)));
    expect(svg).toContain(`>${kind}<`);
    expect(count(svg, 'class="failed"')).toBe(crosses);
  });

  it('puts an end beside the value of its frame', () => {
    const at = (...marks: Marks): string[] =>
      [...drawSvg(picture(values('a', 0, marks))).matchAll(/M(\d+) \d+v22/g)].map(([, x]) => x ?? '');
    const [alone] = at([1, '|']);
    const [beside] = at([1, 'x'], [1, '|']);
    expect(Number(beside) - Number(alone)).toBe(15);
  });

  it('puts two values of one frame one above the other, and refuses three', () => {
    const all: Marks = [
      [1, 'x'],
      [1, 'y'],
      [1, 'z'],
    ];
    const svg = drawSvg(picture(values('a', 0, all.slice(0, 2))));
    const circles = [...svg.matchAll(/cx="(\d+)" cy="([\d.]+)" r="(\d+)"/g)].map((match) => match.slice(1).map(Number));
    const [[x1 = 0, y1 = 0, r = 0] = [], [x2, y2 = 0] = []] = circles;
    expect(x1).toBe(x2);
    expect(y2 - y1).toBeGreaterThan(2 * r);
    expect(() => drawSvg(picture(values('a', 0, all)))).toThrow('Three values at frame 1 cannot be drawn');
  });

  it('escapes what it is told, and says what is to be seen', () => {
    expect(drawSvg(picture(values('a & b', 0, [])))).toContain('<title>a &lt; b</title>');
    expect(drawSvg(picture(values('a & b', 0, [])))).toContain('>a &amp; b<');
  });
});
