// What a diagram is, however it is drawn: text.ts and svg.ts know this file and nothing of how it was made.
import type { Exit } from 'rxscope';
import type { LifecycleMark, Mark } from 'rxscope/testing';

export interface Picture {
  readonly name: string;
  /** One sentence that says what is to be seen. */
  readonly title: string;
  readonly rows: readonly Row[];
}

export type Row = ValuesRow | ScopeRow;

/** What an observable did: one run for each subscription, none of which overlap. */
export interface ValuesRow {
  readonly kind: 'values';
  readonly label: string;
  readonly runs: readonly Run[];
}

/** Values as they are, `|` and `#` as ever, `!` left. */
export interface Run {
  readonly from: number;
  readonly marks: readonly Mark[];
}

/** The life of one scope. */
export interface ScopeRow {
  readonly kind: 'scope';
  readonly label: string;
  readonly marks: readonly LifecycleMark[];
  readonly exit: Exit['kind'] | null;
}

/** The last frame at which something happens. */
export function endOf({ rows }: Picture): number {
  const marks = rows.flatMap((row): readonly Mark[] =>
    row.kind === 'scope' ? row.marks : row.runs.flatMap((run) => run.marks),
  );
  return Math.max(0, ...marks.map(({ frame }) => frame));
}

/** Whether nothing more can come. */
export function isOver(marks: readonly Mark[]): boolean {
  return '|#!'.includes(marks.at(-1)?.symbol ?? '-');
}
