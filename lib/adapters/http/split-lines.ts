import { CapacityError } from '../../core/index.js';
import { LineSplitter, type LineEnds } from '../../internal/line-splitter.js';

/** How long a line may get. */
export interface LineOptions {
  /** Characters; a longer line is a `CapacityError`, so that a server cannot fill the memory with one. Default 1 048 576. */
  readonly maxLength?: number;
}

const MOST = 1_048_576;

/** Cuts a body into lines. */
export function lineSplitter(ends: LineEnds, { maxLength = MOST }: LineOptions): LineSplitter {
  if (!(maxLength >= 1)) {
    throw new RangeError(`Expected maxLength to be a number of characters, 1 or more, received ${String(maxLength)}.`);
  }
  const message = `A line is longer than maxLength, ${String(maxLength)} characters.`;
  return new LineSplitter(ends, maxLength, () => new CapacityError(message, { resource: 'http' }));
}
