import { readMarbles, type Mark } from './marbles.js';

/**
 * What happens to a scope: `a` entering begins, `^` entered, `!` the exit begins, `|` gone, `#` failed, while entering
 * or while exiting.
 */
export type LifecycleSymbol = 'a' | '^' | '!' | '|' | '#';

/** One step in the life of a scope. */
export interface LifecycleMark extends Mark {
  readonly symbol: LifecycleSymbol;
}

/** How far a scope has come after each symbol. */
const REACHED: Readonly<Record<LifecycleSymbol, number>> = { a: 1, '^': 2, '!': 3, '|': 4, '#': 4 };

/**
 * Reads a diagram of one scope. What is not drawn happens in the frame of what is drawn next: `^--|` is entered at once,
 * and the exit begins in the frame in which it is done. A scope that is not drawn as entered (`a--|`) was given up.
 */
export function readLifecycle(diagram: string): LifecycleMark[] {
  const marks: LifecycleMark[] = [];
  let reached = 0;
  for (const { frame, symbol } of readMarbles(diagram, 'a^!|#') as LifecycleMark[]) {
    const next = REACHED[symbol];
    if (next <= reached) {
      throw new TypeError(`"${symbol}" cannot follow "${marks.at(-1)?.symbol ?? ''}" in the diagram "${diagram}".`);
    }
    const isGivenUp = next === 4 && reached < 2;
    if (reached < 1 && symbol !== 'a') marks.push({ frame, symbol: 'a' });
    if (reached < 2 && next > 2 && !isGivenUp) marks.push({ frame, symbol: '^' });
    if (reached < 3 && next > 3 && !isGivenUp) marks.push({ frame, symbol: '!' });
    marks.push({ frame, symbol });
    reached = next;
  }
  return marks;
}

/** The short form: without what happens in the frame of what comes next anyway. */
export function shorten(marks: readonly LifecycleMark[]): LifecycleMark[] {
  return marks.filter((mark, index) => {
    const later = marks.slice(index + 1).filter(({ frame }) => frame === mark.frame);
    if (mark.symbol === 'a' || mark.symbol === '!') return later.length === 0;
    return mark.symbol !== '^' || later.at(-1)?.symbol !== '!';
  });
}
