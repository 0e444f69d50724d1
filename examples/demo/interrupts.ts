import { constants } from 'node:os';

/** One key press may arrive twice, from the terminal and from the program that runs this one. */
const echo = 1000; // ms

/**
 * Calls `stop` on the first Ctrl-C or SIGTERM, and sets the exit code that belongs to it. A later one ends the process
 * at once. Answers the undo.
 */
export function onInterrupt(stop: (signal: NodeJS.Signals) => void): () => void {
  let first: number | undefined;
  const listener = (signal: NodeJS.Signals): void => {
    process.exitCode = 128 + constants.signals[signal];
    if (first === undefined) {
      first = performance.now();
      stop(signal);
    } else if (performance.now() - first > echo) {
      process.exit();
    }
  };
  const signals = ['SIGINT', 'SIGTERM'] as const;
  for (const signal of signals) process.on(signal, listener);
  return () => {
    for (const signal of signals) process.off(signal, listener);
  };
}
