import type { Exit } from './engine/exit.js';

/** The outcome as a promise says it: `true` where the exit's error was suppressed, a rejection where one is left. */
export function answerOutcome(
  exit: Exit,
  outcome: Exit,
  resolve: (suppressed: boolean) => void,
  reject: (error: unknown) => void,
): void {
  if (outcome.kind === 'error') reject(outcome.error);
  else resolve(exit.kind === 'error');
}

/** What releases have failed with since `exit`, as `outcome` tells it: oldest first, without the exit's own error. */
export function addedTo(exit: Exit, outcome: Exit): unknown[] {
  if (outcome.kind !== 'error') return [];
  if (exit.kind !== 'error') return [outcome.error];
  const added: unknown[] = [];
  let rest: unknown = outcome.error;
  while (!Object.is(rest, exit.error)) {
    const pair = rest as { name?: unknown; error?: unknown; suppressed?: unknown } | null | undefined;
    if (pair?.name !== 'SuppressedError') {
      added.unshift(rest);
      break;
    }
    added.unshift(pair.error);
    rest = pair.suppressed;
  }
  return added;
}
