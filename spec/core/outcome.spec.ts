import { COMPLETE, failed, UNSUBSCRIBE, type Exit } from '../../lib/core/engine/exit.js';
import { answerOutcome } from '../../lib/core/outcome.js';

const boom = new Error('boom');

describe('answerOutcome', () => {
  const answer = (exit: Exit, outcome: Exit): Promise<boolean> =>
    new Promise((resolve, reject) => {
      answerOutcome(exit, outcome, resolve, reject);
    });

  it('answers true only where an error was suppressed (law 26)', async () => {
    await expect(answer(failed(boom), COMPLETE)).resolves.toBe(true);
    await expect(answer(COMPLETE, COMPLETE)).resolves.toBe(false);
    await expect(answer(UNSUBSCRIBE, UNSUBSCRIBE)).resolves.toBe(false);
  });

  it('rejects with the error of the outcome, undefined included (laws 7, 26)', async () => {
    await expect(answer(failed(boom), failed(boom))).rejects.toBe(boom);
    await expect(answer(COMPLETE, failed(undefined))).rejects.toBeUndefined();
  });
});
