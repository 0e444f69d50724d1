import { Row, type Waiting } from './waiting.js';

/**
 * A line of those who wait: by priority, and in order of arrival where that is the same. Joining and leaving take constant
 * time, whatever the place; finding the next one takes as long as there are different priorities.
 */
export class Line<W extends Waiting = Waiting> {
  length = 0;
  /** Highest priority first. Never empty: most lines have one row all their life. */
  private rows: Row[] = [new Row(0)];

  /** `aging`: so many milliseconds of waiting count as one step of priority. */
  constructor(
    private readonly aging: number,
    private readonly now: () => number,
  ) {}

  join(waiting: W): void {
    const row = this.rowOf(waiting.priority);
    if (this.aging !== Infinity) waiting.arrived = this.now();
    waiting.row = row;
    waiting.ahead = row.last;
    if (row.last === null) row.first = waiting;
    else row.last.behind = waiting;
    row.last = waiting;
    this.length++;
  }

  leave(waiting: W): void {
    const { row, ahead, behind } = waiting;
    if (row === null) return;
    if (ahead === null) row.first = behind;
    else ahead.behind = behind;
    if (behind === null) row.last = ahead;
    else behind.ahead = ahead;
    waiting.row = waiting.ahead = waiting.behind = null;
    this.length--;
    if (row.first === null && this.rows.length > 1) this.rows = this.rows.filter((one) => one !== row);
  }

  /** Whose turn it is. Stays in the line. */
  first(): W | null {
    const [only] = this.rows;
    if (this.rows.length === 1) return (only as Row).first as W | null;
    return this.aging === Infinity ? this.highest() : this.oldest();
  }

  /** Everybody, in the order in which they are served. A copy: what is done with them may change the line. */
  all(): W[] {
    const all: W[] = [];
    for (const row of this.rows) {
      for (let one = row.first; one !== null; one = one.behind) all.push(one as W);
    }
    return this.aging === Infinity ? all : all.sort((a, b) => this.rank(b) - this.rank(a));
  }

  /** With aging, what decides between those of different priority. All grow older alike, so it never changes. */
  private rank({ priority, arrived }: Waiting): number {
    return priority - arrived / this.aging;
  }

  private highest(): W | null {
    for (const { first } of this.rows) if (first !== null) return first as W;
    return null;
  }

  private oldest(): W | null {
    let best: Waiting | null = null;
    let most = -Infinity;
    for (const { first } of this.rows) {
      if (first === null || this.rank(first) <= most) continue;
      best = first;
      most = this.rank(first);
    }
    return best as W | null;
  }

  private rowOf(priority: number): Row {
    const { rows } = this;
    const at = rows.findIndex((row) => row.priority <= priority);
    const found = rows[at];
    if (found?.priority === priority) return found;
    const row = new Row(priority);
    rows.splice(at < 0 ? rows.length : at, 0, row);
    return row;
  }
}
