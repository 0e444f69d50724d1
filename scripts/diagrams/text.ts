import type { Mark } from 'rxscope/testing';

import { shorten } from '../../lib/testing/lifecycle.js';
import { endOf, isOver, type Picture, type Row } from './picture.js';

/** The lines of a diagram. A column is the same frame in all of them; a row is blank where nothing is subscribed. */
export function drawText(picture: Picture): string[] {
  const indent = Math.max(...picture.rows.map(({ label }) => label.length)) + 2;
  const lines = picture.rows.map((row) => `${row.label.padEnd(indent)}${drawRow(row, endOf(picture))}`);
  const width = Math.max(...lines.map((line) => line.length)) + 2;
  return lines.map((line, index) => {
    const row = picture.rows[index];
    return row?.kind === 'scope' && row.exit !== null ? line.padEnd(width) + row.exit : line;
  });
}

function drawRow(row: Row, end: number): string {
  const runs = row.kind === 'values' ? row.runs : [{ from: row.marks[0]?.frame ?? 0, marks: shorten(row.marks) }];
  let text = '';
  for (const { from, marks } of runs) {
    if (text.length > from) throw noRoom(row.label, from);
    text = drawMarks(text.padEnd(from), marks, row.label);
    if (!isOver(marks)) text = text.padEnd(end + 2, '-');
  }
  return text;
}

function drawMarks(before: string, marks: readonly Mark[], label: string): string {
  let text = before;
  for (const frame of new Set(marks.map((mark) => mark.frame))) {
    const symbols = marks.filter((mark) => mark.frame === frame).map(({ symbol }) => symbol);
    if (text.length > frame) throw noRoom(label, frame);
    text = text.padEnd(frame, '-') + (symbols.length > 1 ? `(${symbols.join('')})` : symbols.join(''));
  }
  return text;
}

function noRoom(label: string, frame: number): Error {
  return new Error(`"${label}" has something at frame ${String(frame)}, where a group before it is drawn.`);
}
