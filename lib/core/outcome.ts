import type { Exit } from './engine/exit.js';

/** Whether the outcome says more than the exit did: a release failed, or changed the error. */
export function isNews(outcome: Exit, exit: Exit): boolean {
  return outcome.kind === 'error' && !(exit.kind === 'error' && Object.is(exit.error, outcome.error));
}

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
