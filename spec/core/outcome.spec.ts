import { COMPLETE, failed, UNSUBSCRIBE, type Exit } from '../../lib/core/engine/exit.js';
import { answerOutcome, isNews } from '../../lib/core/outcome.js';

const boom = new Error('boom');

describe('isNews', () => {
  it.each<[string, Exit, Exit, boolean]>([
    ['nothing failed', COMPLETE, COMPLETE, false],
    ['the consumer left and nothing failed', UNSUBSCRIBE, UNSUBSCRIBE, false],
    ['the outcome is the error of the exit', failed(boom), failed(boom), false],
    ['the outcome is the same undefined', failed(undefined), failed(undefined), false],
    ['a release failed after completion', failed(boom), COMPLETE, true],
    ['a release failed after an unsubscription', failed(boom), UNSUBSCRIBE, true],
    ['a release changed the error', failed(new Error('other')), failed(boom), true],
    ['the error was suppressed', COMPLETE, failed(boom), false],
  ])('tells, where %s', (_, outcome, exit, expected) => {
    expect(isNews(outcome, exit)).toBe(expected);
  });
});

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
