/** How many cursors are remembered as they are. */
const WINDOW = 1024;

/**
 * Notices a cursor that was seen before, in bounded memory.
 *
 * The last thousand are remembered, so that circles up to that length are noticed at once. Longer ones are found by
 * Brent's method: one older cursor is kept, and replaced whenever twice as many have been seen; a circle comes by it again.
 */
export class CursorGuard {
  private readonly recent = new Set<unknown>();
  private kept: unknown = undefined;
  private age = 0;
  private power = 1;

  /** Whether it was seen before. Remembers it. */
  sees(cursor: unknown): boolean {
    const key = keyOf(cursor);
    const { recent } = this;
    if (recent.has(key) || (this.age > 0 && key === this.kept)) return true;
    recent.add(key);
    if (recent.size > WINDOW) recent.delete(recent.values().next().value);
    if (this.age === 0 || this.age === this.power) {
      this.kept = key;
      this.power *= 2;
      this.age = 0;
    }
    this.age++;
    return false;
  }
}

/**
 * Cursors that are objects come anew with each page: they are the same if they say the same. What JSON cannot tell apart,
 * as two maps or two objects with private fields, is compared as it is: better a circle unnoticed than one that is none.
 */
function keyOf(cursor: unknown): unknown {
  if (typeof cursor !== 'object' || cursor === null) return cursor;
  try {
    return JSON.stringify(cursor, told);
  } catch {
    return cursor;
  }
}

function told(_: string, value: unknown): unknown {
  if (typeof value === 'bigint') return `${String(value)}n`;
  if (typeof value !== 'object' || value === null || Array.isArray(value) || ArrayBuffer.isView(value)) return value;
  const prototype: unknown = Object.getPrototypeOf(value);
  if (prototype === null || Object.getPrototypeOf(prototype) === null) return value;
  throw new TypeError('Expected plain data.');
}

/** A cursor for a message. */
export function describeCursor(cursor: unknown): string {
  const key = keyOf(cursor);
  return typeof key === 'string' || typeof key === 'number' ? `"${key}"` : `of type ${typeof key}`;
}

/** What says that there is no next page. The empty string is what services send that have no null. */
export function isNoCursor(cursor: unknown): cursor is null | undefined | '' {
  return cursor === undefined || cursor === null || cursor === '';
}
