import { EMPTY, mergeMap, NEVER, of, throwError } from 'rxjs';
import { using } from '../../lib/index.js';
import { endOf, isOver, type Picture, type Row } from '../../scripts/diagrams/picture.js';
import { record, type Scene } from '../../scripts/diagrams/record.js';

const rowsOf = (play: Scene['play']): readonly Row[] => record({ name: 'scene', title: 'title', play }).rows;

describe('record', () => {
  it('writes down scopes and values, in the order in which the scene made their rows', () => {
    const rows = rowsOf(({ cold, probe, row }) => {
      const file = probe('file', { acquire: '-(f|)', release: '--|' });
      return [using(file, () => cold('-x|')).pipe(row('using'))];
    });
    expect(rows).toEqual([
      {
        kind: 'scope',
        label: 'file',
        exit: 'complete',
        marks: [
          { frame: 0, symbol: 'a' },
          { frame: 1, symbol: '^' },
          { frame: 3, symbol: '!' },
          { frame: 5, symbol: '|' },
        ],
      },
      {
        kind: 'values',
        label: 'using',
        runs: [
          {
            from: 0,
            marks: [
              { frame: 2, symbol: 'x' },
              { frame: 5, symbol: '|' },
            ],
          },
        ],
      },
    ]);
  });

  it.each([
    ['that do not meet on one line', '-x|', [[0, 3]]],
    ['that meet on lines of their own', '---x|', [[0], [3]]],
  ])('puts runs %s', (_, drawn, lines) => {
    const rows = rowsOf(({ cold, row }) => {
      const inner = row('inner');
      return [cold('a--b|').pipe(mergeMap(() => cold(drawn).pipe(inner)))];
    });
    expect(rows.map((row) => (row.kind === 'values' ? row.runs.map(({ from }) => from) : []))).toEqual(lines);
  });

  it('notes how a run ends: by itself, by an error, or by being left', () => {
    const ends = [EMPTY, throwError(() => 'failed'), NEVER].map((source) => {
      const [row] = rowsOf(({ row }) => [source.pipe(row('row')), '--!']);
      return row?.kind === 'values' ? row.runs[0]?.marks : row;
    });
    expect(ends).toEqual([[{ frame: 0, symbol: '|' }], [{ frame: 0, symbol: '#' }], [{ frame: 2, symbol: '!' }]]);
  });

  it('notes what a scene marks itself', () => {
    const [row] = rowsOf(({ mark }) => {
      const note = mark('asked');
      note('a');
      return [of(1)];
    });
    expect(row).toEqual({ kind: 'values', label: 'asked', runs: [{ from: 0, marks: [{ frame: 0, symbol: 'a' }] }] });
  });

  it('refuses a scene that leaves a scope open', () => {
    expect(() => rowsOf(({ probe }) => [using(probe('file'), () => NEVER)])).toThrow('file');
  });
});

describe('a picture', () => {
  const picture = (rows: readonly Row[]): Picture => ({ name: 'scene', title: 'title', rows });

  it('ends where the last thing happens', () => {
    const run = { from: 0, marks: [{ frame: 3, symbol: 'a' }] };
    expect(endOf(picture([]))).toBe(0);
    expect(endOf(picture([{ kind: 'values', label: 'a', runs: [run] }]))).toBe(3);
  });

  it('is over in a row where nothing can follow', () => {
    const over = ['|', '#', '!', 'a'].map((symbol) => isOver([{ frame: 0, symbol }]));
    expect(over).toEqual([true, true, true, false]);
    expect(isOver([])).toBe(false);
  });
});
