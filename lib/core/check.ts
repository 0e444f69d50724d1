/** Refuses what is no function, where the caller hands it in. */
export function checkFunction(value: unknown, what: string): void {
  if (typeof value === 'function') return;
  throw new TypeError(`Expected ${what} to be a function, received ${kindOf(value)}.`);
}

/** Refuses what is no duration in milliseconds. */
export function checkDuration(value: number, what: string): void {
  if (typeof value === 'number' && value >= 0) return;
  throw new RangeError(`Expected ${what} to be a number of milliseconds, 0 or more, received ${String(value)}.`);
}

/** Refuses what is no whole number, or less than it may be. `Infinity` is a limit that is none. */
export function checkCount(value: number, what: string, least: number): void {
  if ((Number.isInteger(value) || value === Infinity) && value >= least) return;
  throw new RangeError(`Expected ${what} to be a whole number, ${String(least)} or more, received ${String(value)}.`);
}

/** What kind of thing it is, for an error message. */
export function kindOf(value: unknown): string {
  return value === null ? 'null' : typeof value;
}
