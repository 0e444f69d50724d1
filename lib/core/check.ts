/** Refuses what is no function, where the caller hands it in. */
export function checkFunction(value: unknown, what: string): void {
  if (typeof value === 'function') return;
  throw new TypeError(`Expected ${what} to be a function, received ${value === null ? 'null' : typeof value}.`);
}

/** Refuses what is no duration in milliseconds. */
export function checkDuration(value: number, what: string): void {
  if (typeof value === 'number' && value >= 0) return;
  throw new RangeError(`Expected ${what} to be a number of milliseconds, 0 or more, received ${String(value)}.`);
}
