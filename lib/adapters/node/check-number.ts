/** Refuses what is no whole number between two others. */
export function checkWhole(value: number, what: string, least: number, most: number = Number.MAX_SAFE_INTEGER): void {
  if (Number.isInteger(value) && value >= least && value <= most) return;
  const bounds = most === Number.MAX_SAFE_INTEGER ? `${least} or more` : `from ${least} to ${most}`;
  throw new RangeError(`Expected ${what} to be a whole number, ${bounds}, received ${String(value)}.`);
}

/** Refuses what is no duration in milliseconds. */
export function checkTime(value: number, what: string): void {
  if (typeof value === 'number' && value >= 0) return;
  throw new RangeError(`Expected ${what} to be a number of milliseconds, 0 or more, received ${String(value)}.`);
}
