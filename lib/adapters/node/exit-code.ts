import { constants } from 'node:os';

/** What a shell says of a process that a signal has ended: 128 and the number of the signal. */
export function exitCodeOf(signal: NodeJS.Signals): number {
  return 128 + constants.signals[signal];
}
