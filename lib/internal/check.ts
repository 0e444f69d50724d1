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

/** Refuses what is no whole number between two others. */
export function checkWhole(value: number, what: string, least: number, most: number): void {
  if (Number.isInteger(value) && value >= least && value <= most) return;
  const bounds = `from ${String(least)} to ${String(most)}`;
  throw new RangeError(`Expected ${what} to be a whole number ${bounds}, received ${String(value)}.`);
}

/** Refuses a word that is none of those to choose from. */
export function checkChoice(value: unknown, what: string, choices: readonly string[]): void {
  if (choices.includes(value as string)) return;
  const words = choices.map((choice) => `'${choice}'`).join(', ');
  throw new TypeError(`Expected ${what} to be one of ${words}, received ${String(value)}.`);
}

/** Refuses an option that there is none of: a limit that was misspelt would be no limit. */
export function checkKeys(options: unknown, what: string, known: readonly string[]): void {
  if (typeof options !== 'object' || options === null) {
    throw new TypeError(`Expected ${what} to be an object, received ${kindOf(options)}.`);
  }
  const unknown = Object.keys(options).filter((key) => !known.includes(key));
  if (unknown.length === 0) return;
  throw new TypeError(`There is no ${unknown.join(', ')} in ${what}. There is ${known.join(', ')}.`);
}

/** What kind of thing it is, for an error message. */
export function kindOf(value: unknown): string {
  return value === null ? 'null' : typeof value;
}
