import { LifecycleError } from './lifecycle-error.js';
import { drawAligned, type Mark } from './marbles.js';

/** Two diagrams that should be the same, and what else is to be said about each. */
export interface Comparison {
  readonly expected: readonly Mark[];
  readonly actual: readonly Mark[];
  readonly notes?: { readonly expected: string; readonly actual: string };
}

const INDENT = '  ';

/** The two diagrams one above the other, with a caret under the first column that differs. */
export function drawComparison({ expected, actual, notes }: Comparison): string {
  const [above = '', below = ''] = drawAligned([expected, actual]);
  const width = Math.max(above.length, below.length);
  const line = (label: string, diagram: string, note = ''): string =>
    `${INDENT}${label.padEnd(10)}${note === '' ? diagram : `${diagram.padEnd(width)}  ${note}`}`;
  const lines = [line('expected', above, notes?.expected), line('actual', below, notes?.actual)];
  const frame = firstDifference(expected, actual);
  if (frame === null) return lines.join('\n');
  let column = 0;
  while (column < above.length && above[column] === below[column]) column += 1;
  return [...lines, line('', `${' '.repeat(column)}^ frame ${String(frame)}`)].join('\n');
}

/** The frame at which two diagrams part; null where they are the same. */
export function firstDifference(expected: readonly Mark[], actual: readonly Mark[]): number | null {
  for (let i = 0; i < Math.max(expected.length, actual.length); i++) {
    const [one, other] = [expected[i], actual[i]];
    if (one?.frame !== other?.frame || one?.symbol !== other?.symbol) {
      return Math.min(one?.frame ?? Infinity, other?.frame ?? Infinity);
    }
  }
  return null;
}

/**
 * The error that shows what has been drawn. Its `expected` and `actual` are the lines of the drawing, for runners that
 * show a difference in their own way.
 */
export function difference(title: string, drawn: readonly string[]): LifecycleError {
  const lines = drawn.flatMap((text) => text.split('\n'));
  const labelled = (label: string): string =>
    lines.flatMap((line) => (line.startsWith(INDENT + label) ? [line.slice(12).trim()] : [])).join('\n');
  return new LifecycleError([title, ...drawn].join('\n'), {
    expected: labelled('expected'),
    actual: labelled('actual'),
  });
}
