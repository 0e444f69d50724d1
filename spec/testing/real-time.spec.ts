import { pass } from '../../lib/testing/real-time.js';

const modulePath = '../../lib/testing/real-time.js';

describe('pass', () => {
  it('resolves after those timers that were started before it', async () => {
    const log: string[] = [];
    setTimeout(() => log.push('before'), 1);
    await pass(1);
    expect(log).toEqual(['before']);
  });

  describe('where timers are faked', () => {
    beforeEach(() => jest.useFakeTimers());
    afterEach(() => {
      jest.useRealTimers();
      jest.restoreAllMocks();
    });

    it('goes on', async () => {
      await pass(1);
      expect(jest.getTimerCount()).toBe(0);
    });

    it('goes on where they were so when it was loaded', async () => {
      let late: { readonly pass: typeof pass } = { pass };
      jest.isolateModules(() => (late = jest.requireActual(modulePath)));
      const passed = late.pass(1);
      expect(jest.getTimerCount()).toBe(1); // its own way by timers is blocked
      await passed;
    });

    it('goes on where the signal is made of them, as in jsdom', async () => {
      jest.spyOn(AbortSignal, 'timeout').mockImplementation((milliseconds) => {
        const controller = new AbortController();
        setTimeout(() => controller.abort(), milliseconds);
        return controller.signal;
      });
      const passed = pass(1);
      expect(jest.getTimerCount()).toBe(1);
      await passed;
    });
  });
});
