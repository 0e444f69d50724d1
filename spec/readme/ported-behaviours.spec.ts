import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { root } from '../support/sources.js';

interface Row {
  readonly behaviour: string;
  /** Files, each with the titles in it. */
  readonly specs: readonly { readonly file: string; readonly title: string }[];
  readonly difference: string;
}

const read = (file: string): string => readFileSync(join(root, file), 'utf8');

/** The rows of all tables of a document. */
function rowsOf(text: string): Row[] {
  const lines = text.split('\n').filter((line) => /^\| (?!behaviour|-)/.test(line));
  return lines.map((line) => {
    const [behaviour = '', specs = '', difference = ''] = line.split(/(?<!\\)\|/).slice(1).map((cell) => cell.trim()); // prettier-ignore
    const cited = specs.split('<br>').flatMap((part) => {
      const [, file = ''] = /^`([^`]+)`: /.exec(part.trim()) ?? [];
      return [...part.matchAll(/“([^”]+)”/g)].map(([, title = '']) => ({ file, title: title.replaceAll('\\|', '|') }));
    });
    return { behaviour, specs: cited, difference };
  });
}

/** Whatever a row names that is not there, and rows that name nothing without saying why. */
function faultsOf(rows: readonly Row[], source: (file: string) => string): string[] {
  return rows.flatMap(({ behaviour, specs, difference }) => {
    const missing = specs.filter(({ file, title }) => !source(file).includes(title));
    const faults = missing.map(({ file, title }) => `${file} has no "${title}"`);
    const isExcused = /^(Left out|Differs|It cannot be written down)/.test(difference);
    return specs.length > 0 || isExcused ? faults : [...faults, `nothing is said about "${behaviour}"`];
  });
}

const sourceOf = (file: string): string => (file !== '' && existsSync(join(root, file)) ? read(file) : '');

describe('docs/ported-behaviours.md', () => {
  const rows = rowsOf(read('docs/ported-behaviours.md'));

  it('names behaviours of every suite', () => {
    expect(rows.length).toBeGreaterThan(150);
  });

  it('names specs that are there, or says why there is none', () => {
    expect(faultsOf(rows, sourceOf)).toEqual([]);
  });

  it('is found wrong where a file or a title is missing, or a row is empty', () => {
    const table = '| a | `a.ts`: “is here”; “is gone”<br>`b.ts`: “is here” | |\n| b | | |\n| c | | Left out: why |';
    expect(faultsOf(rowsOf(table), (file) => (file === 'a.ts' ? "it('is here')" : ''))).toEqual([
      'a.ts has no "is gone"',
      'b.ts has no "is here"',
      'nothing is said about "b"',
    ]);
  });
});
