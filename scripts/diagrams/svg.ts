import type { LifecycleMark, LifecycleSymbol, Mark } from 'rxscope/testing';

import { endOf, isOver, type Picture, type Row, type Run, type ScopeRow } from './picture.js';

const [FRAME, ROW, MARGIN, LETTER] = [30, 40, 20, 8]; // pixels

/**
 * Draws a picture: observables as marbles, scopes as bars, hatched while they enter and while they exit. It brings its own
 * background, light or dark as the reader has it, so that it can be read on any page.
 */
export function drawSvg(picture: Picture): string {
  const { name, title } = picture;
  const rows = [...picture.rows].sort((a, b) => Number(a.kind === 'scope') - Number(b.kind === 'scope'));
  const labels = Math.max(...rows.map(({ label }) => label.length)) * LETTER;
  const canvas: Canvas = {
    x: (frame) => MARGIN + labels + FRAME + frame * FRAME,
    end: MARGIN + labels + FRAME + (endOf(picture) + 1) * FRAME,
    hatch: `hatch-${name}`,
  };
  const width = canvas.end + MARGIN + (rows.some(({ kind }) => kind === 'scope') ? 11 * LETTER : 0);
  const height = rows.length * ROW + 2 * MARGIN;
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" width="${text(width)}" height="${text(height)}" viewBox="0 0 ${text(width)} ${text(height)}" role="img">`,
    `<title>${escape(title)}</title>`,
    `<style>${style}</style>`,
    `<pattern id="${canvas.hatch}" width="6" height="6" patternUnits="userSpaceOnUse" patternTransform="rotate(45)"><path class="stripe" d="M0 0V6"/></pattern>`,
    `<rect class="card" x="0.5" y="0.5" width="${text(width - 1)}" height="${text(height - 1)}" rx="8"/>`,
    ...guides(rows, canvas, height),
    ...rows.flatMap((row, index) => drawRow(row, canvas, MARGIN + (index + 0.5) * ROW)),
    '</svg>',
    '',
  ].join('\n');
}

const style = [
  'text{font:14px ui-monospace,Menlo,Consolas,"DejaVu Sans Mono",monospace;fill:#1f2328}',
  '.in{text-anchor:middle}.kind{font-size:12px}',
  '.card{fill:#fff;stroke:#d1d9e0}.line{stroke:#1f2328;stroke-width:2;fill:none}.guide{stroke:#d1d9e0;stroke-dasharray:2 4}',
  '.marble{fill:#ddf4ff;stroke:#1f2328;stroke-width:1.5}.held{fill:#2da44e}.edge{fill:none;stroke:#2da44e;stroke-width:1.5}',
  '.stripe{stroke:#2da44e;stroke-width:3}.failed{stroke:#cf222e;stroke-width:3;fill:none}',
  '@media(prefers-color-scheme:dark){text{fill:#e6edf3}.card{fill:#0d1117;stroke:#3d444d}.guide{stroke:#3d444d}',
  '.line,.marble{stroke:#e6edf3}.marble{fill:#0c2d6b}.failed{stroke:#ff7b72}}',
].join('');

interface Canvas {
  readonly x: (frame: number) => number;
  readonly end: number;
  readonly hatch: string;
}

/** Thin lines through everything where a scope takes a step. */
function guides(rows: readonly Row[], { x }: Canvas, height: number): string[] {
  const frames = rows.flatMap((row) => (row.kind === 'scope' ? row.marks.map(({ frame }) => frame) : []));
  return [...new Set(frames)].map((frame) =>
    path('guide', `M${text(x(frame))} ${text(MARGIN / 2)}V${text(height - MARGIN / 2)}`),
  );
}

function drawRow(row: Row, canvas: Canvas, y: number): string[] {
  const label = `<text x="${text(MARGIN)}" y="${text(y + 5)}">${escape(row.label)}</text>`;
  const drawn = row.kind === 'scope' ? drawScope(row, canvas, y) : row.runs.flatMap((run) => drawRun(run, canvas, y));
  return [label, ...drawn];
}

function drawRun({ from, marks }: Run, { x, end }: Canvas, y: number): string[] {
  const last = isOver(marks) ? x(marks.at(-1)?.frame ?? from) : end;
  const arrow = isOver(marks) ? '' : `m-6 -5l6 5l-6 5`;
  return [
    path('line', `M${text(x(from))} ${text(y)}H${text(last)}${arrow}`),
    ...marks.flatMap((mark) => drawMark(mark, x(mark.frame), y, marks)),
  ];
}

/**
 * A value is a circle; two of one frame stand one above the other. An end in their frame stands at the right side, so that
 * all can be seen.
 */
function drawMark({ frame, symbol }: Mark, x: number, y: number, all: readonly Mark[]): string[] {
  const values = all.filter((mark) => mark.frame === frame && !isOver([mark]));
  if (values.length > 2)
    throw new Error(`Three values at frame ${text(frame)} cannot be drawn: "${symbol}" is one of them.`);
  if (!isOver([{ frame, symbol }])) {
    const center = y + (values.findIndex((mark) => mark.symbol === symbol) - (values.length - 1) / 2) * 19;
    return [
      `<circle class="marble" cx="${text(x)}" cy="${text(center)}" r="${values.length > 1 ? '9' : '11'}"/>`,
      `<text class="in" x="${text(x)}" y="${text(center + 5)}">${escape(symbol)}</text>`,
    ];
  }
  const at = values.length > 0 ? x + 15 : x;
  if (symbol === '#') return [cross(at, y)];
  return [path('line', symbol === '|' ? `M${text(at)} ${text(y - 11)}v22` : `M${text(at - 5)} ${text(y - 11)}l10 22`)];
}

function drawScope({ marks, exit }: ScopeRow, { x, end, hatch }: Canvas, y: number): string[] {
  const at = (...symbols: readonly LifecycleSymbol[]): number | null => {
    const mark = marks.find(({ symbol }) => symbols.includes(symbol));
    return mark === undefined ? null : x(mark.frame);
  };
  const gone = at('|', '#') ?? end;
  const entered = at('^') ?? gone;
  const exiting = at('!') ?? gone;
  const hatched = `url(#${hatch})`;
  const bar = (from: number, to: number, fill: string): string[] =>
    to > from ? [`<rect ${fill} x="${text(from)}" y="${text(y - 9)}" width="${text(to - from)}" height="18"/>`] : [];
  const begun = at('a') ?? entered;
  return [
    ...bar(begun, entered, `fill="${hatched}"`),
    ...bar(entered, exiting, 'class="held"'),
    ...bar(exiting, gone, `fill="${hatched}"`),
    ...bar(begun, gone, 'class="edge"'),
    ...(isFailed(marks) ? [cross(gone, y)] : []),
    `<text class="kind" x="${text(gone + 12)}" y="${text(y + 4)}">${exit ?? kindOf(marks)}</text>`,
  ];
}

/** What became of a scope that was told no exit. */
function kindOf(marks: readonly LifecycleMark[]): string {
  if (!isOver(marks)) return 'open';
  return isFailed(marks) ? 'not entered' : 'given up';
}

function isFailed(marks: readonly Mark[]): boolean {
  return marks.at(-1)?.symbol === '#';
}

function cross(x: number, y: number): string {
  return path('failed', `M${text(x - 6)} ${text(y - 6)}l12 12m0 -12l-12 12`);
}

function path(name: string, d: string): string {
  return `<path class="${name}" d="${d}"/>`;
}

function text(length: number): string {
  return String(Math.round(length * 10) / 10);
}

function escape(words: string): string {
  return words.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;');
}
