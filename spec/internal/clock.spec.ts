import type { SchedulerLike } from 'rxjs';
import { afterTurn, monotonicNow, now } from '../../lib/internal/clock.js';
import { inVirtualTime, Journal } from '../support/journal.js';

describe('now', () => {
  it('is the frame in virtual time', () => {
    const seen: number[] = [];
    inVirtualTime((_, { hot }) => {
      hot('a--b').subscribe(() => seen.push(now()));
    });
    expect(seen).toEqual([0, 3]);
  });

  it('reads the clock of the platform otherwise', () => {
    const clock = jest.spyOn(Date, 'now').mockReturnValue(42);
    try {
      expect(now()).toBe(42);
    } finally {
      clock.mockRestore();
    }
  });
});

describe('afterTurn', () => {
  const names = ['setImmediate', 'MessageChannel'] as const;

  /** Runs `test` where the platform lacks these. */
  async function without<T>(missing: readonly string[], test: () => T | Promise<T>): Promise<T> {
    const saved = missing.map((name) => [name, Object.getOwnPropertyDescriptor(globalThis, name)] as const);
    for (const name of missing) Reflect.deleteProperty(globalThis, name);
    try {
      return await test();
    } finally {
      for (const [name, descriptor] of saved) Object.defineProperty(globalThis, name, descriptor as PropertyDescriptor);
    }
  }

  const turn = (journal: Journal, line: string): Promise<void> =>
    new Promise((resolve) => {
      afterTurn(() => {
        journal.note(line);
        resolve();
      });
    });

  const platforms = [
    ['with setImmediate', []],
    ['with MessageChannel only', names.slice(0, 1)],
    ['with timers only', names],
  ] as const;

  it.each(platforms)('calls back once, after every microtask, in the order of the calls: %s', async (_, missing) => {
    const journal = new Journal();
    await without(missing, async () => {
      const turns = [turn(journal, 'first'), turn(journal, 'second')];
      journal.note('returned');
      for (let i = 0; i < 100; i++) await Promise.resolve();
      journal.note('microtasks');
      await Promise.all(turns);
    });
    expect(journal.lines).toEqual(['returned', 'microtasks', 'first', 'second']);
  });

  it.each(platforms)('lets timers come in, however often it is called again: %s', async (_, missing) => {
    const timer = await without(missing, async () => {
      const state = { fired: false };
      setTimeout(() => {
        state.fired = true;
      });
      while (!state.fired) await turn(new Journal(), '');
      return state.fired;
    });
    expect(timer).toBe(true);
  });

  it('takes setImmediate where there is one, and leaves no channel open', async () => {
    const channel = jest.spyOn(globalThis, 'MessageChannel');
    const immediate = jest.spyOn(globalThis, 'setImmediate');
    try {
      await turn(new Journal(), '');
      expect([immediate.mock.calls.length, channel.mock.calls.length]).toEqual([1, 0]);
    } finally {
      channel.mockRestore();
      immediate.mockRestore();
    }
  });

  it('closes the channel it has used: an open port would keep the process alive', async () => {
    const ports: MessagePort[] = [];
    const { MessageChannel: Platform } = globalThis;
    class Watched extends Platform {
      constructor() {
        super();
        ports.push(this.port1);
      }
    }
    await without(['setImmediate'], async () => {
      globalThis.MessageChannel = Watched;
      const turned = turn(new Journal(), '');
      const spies = ports.map((port) => jest.spyOn(port, 'close'));
      await turned;
      expect(spies.map((spy) => spy.mock.calls.length)).toEqual([1]);
    }).finally(() => {
      globalThis.MessageChannel = Platform;
    });
  });

  it('is a frame of the scheduler where there is nothing else', async () => {
    await without(names, () => {
      const journal = inVirtualTime((journal, { flush }) => {
        afterTurn(() => {
          journal.note('turn');
        });
        journal.note('returned');
        flush();
      });
      expect(journal.lines).toEqual(['0 returned', '0 turn']);
    });
  });
});

describe('monotonicNow', () => {
  it('takes no notice of the clock on the wall', () => {
    const clock = jest.spyOn(Date, 'now').mockReturnValue(0);
    try {
      const first = monotonicNow();
      clock.mockReturnValue(-3_600_000);
      expect(monotonicNow()).toBeGreaterThanOrEqual(first);
    } finally {
      clock.mockRestore();
    }
  });

  it('is the time of a scheduler that is not of RxJS itself', () => {
    expect(monotonicNow({ now: () => 42 } as SchedulerLike)).toBe(42);
  });
});
