import { agreed, quorumOf } from '../../../lib/adapters/redis/quorum.js';
import { Clock } from '../../support/clock.js';
import { microtasks } from '../../support/microtasks.js';

const never = new Promise<boolean>(() => undefined);
const yes = Promise.resolve(true);
const no = Promise.resolve(false);
const failing = (): Promise<boolean> => Promise.reject(new Error('down'));

describe('quorumOf', () => {
  it('is more than half', () => {
    expect([1, 2, 3, 4, 5].map(quorumOf)).toEqual([1, 2, 2, 3, 3]);
  });
});

describe('agreed', () => {
  let clock: Clock;
  beforeEach(() => {
    clock = new Clock();
  });

  const ask = async (answers: Promise<boolean>[], need: number, limit = Infinity): Promise<boolean | 'open'> => {
    let result: boolean | 'open' = 'open';
    void agreed(answers, need, { limit, scheduler: clock }).then((answer) => (result = answer));
    await microtasks();
    return result;
  };

  it.each<[string, () => Promise<boolean>[], number, boolean | 'open']>([
    ['as soon as enough have said yes', () => [yes, yes, never], 2, true],
    ['as soon as enough cannot any more', () => [no, never, no], 2, false],
    ['with a failure for a no', () => [failing(), failing(), never], 2, false],
    ['not before', () => [yes, no, never], 2, 'open'],
    ['at once where nothing is needed', () => [], 0, true],
  ])('settles %s', async (_, answers, need, expected) => {
    expect(await ask(answers(), need)).toBe(expected);
  });

  it('gives up at the limit, and leaves no timer', async () => {
    let result: unknown;
    void agreed([never], 1, { limit: 30, scheduler: clock }).then((answer) => (result = answer));
    clock.pass(29);
    await microtasks();
    expect(result).toBeUndefined();
    clock.pass(1);
    await microtasks();
    expect(result).toBe(false);
    expect(await ask([yes], 1, 30)).toBe(true);
    expect(clock.timers).toBe(0);
  });

  it('does not look at the signal while answers are prompt', async () => {
    let looked = 0;
    const context = {
      get signal() {
        looked++;
        return new AbortController().signal;
      },
    };
    expect(await agreed([yes], 1, { limit: Infinity, scheduler: clock, context })).toBe(true);
    expect(looked).toBe(0);
    expect(clock.timers).toBe(0);
  });

  it('gives up when it aborts, or has been aborted before it was looked at', async () => {
    for (const abortAt of [0, 7]) {
      const controller = new AbortController();
      let result: unknown;
      void agreed([never], 1, { limit: Infinity, scheduler: clock, context: controller }).then((a) => (result = a));
      clock.pass(abortAt);
      controller.abort();
      clock.pass(6);
      await microtasks();
      expect(result).toBe(false);
      expect(clock.timers).toBe(0);
    }
  });
});
