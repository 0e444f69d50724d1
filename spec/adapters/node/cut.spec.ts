import { asyncScheduler, timer } from 'rxjs';
import { after, Cut, report } from '../../../lib/adapters/node/cut.js';
import { lastValue } from '../../../lib/index.js';
import { testResourcesAsync } from '../../../lib/testing/index.js';
import { reported } from '../../support/journal.js';
import { rejection } from '../../support/rejection.js';

const boom = new Error('boom');
const work = (due: number): Promise<unknown> => lastValue(timer(due));
const failing = async (due: number): Promise<never> => {
  await work(due);
  throw boom;
};

describe('a cut', () => {
  let cut: Cut<string>;

  beforeEach(() => {
    cut = new Cut(asyncScheduler);
  });

  it('lets waiting go on until what is waited for is done, or its time is over', async () => {
    await testResourcesAsync(async () => {
      expect(await cut.within(work(5), 10)).toBe('done');
      expect(await cut.within(work(10), 5)).toBe('late');
      expect(await cut.within(work(5))).toBe('done');
      expect(asyncScheduler.now()).toBe(15);
      expect(cut.by).toBeNull();
    });
  });

  it('ends all waiting when it is made, and what is waited for later at once', async () => {
    await testResourcesAsync(async () => {
      timer(3).subscribe(() => cut.make('us'));
      expect(await Promise.all([cut.within(work(5)), cut.within(work(5), 4), cut.pause(5)])).toEqual([
        'cut',
        'cut',
        undefined,
      ]);
      expect(await cut.within(work(5))).toBe('cut');
      await cut.pause(5);
      expect(asyncScheduler.now()).toBe(3);
      expect(cut.by).toBe('us');
    });
  });

  it('is made by a deadline, unless that is taken back', async () => {
    await testResourcesAsync(async ({ flush }) => {
      cut.arm(4, 'deadline');
      cut.disarm();
      cut.arm(6, 'deadline');
      expect(await cut.within(work(5))).toBe('done');
      expect(await cut.within(work(5))).toBe('cut');
      cut.make('us');
      expect([cut.by, asyncScheduler.now()]).toEqual(['deadline', 6]);
      await flush();
    });
  });

  it('passes on what fails in time, and reports what fails later', async () => {
    await testResourcesAsync(async ({ expectUnhandled, flush }) => {
      expect(await rejection(cut.within(failing(1), 2))).toBe(boom);
      expectUnhandled(boom);
      expect(await cut.within(failing(2), 1)).toBe('late');
      await flush();
    });
  });

  it('pauses for no time without a turn of the timers', async () => {
    await cut.pause(0);
    expect(cut.by).toBeNull();
  });
});

describe('after', () => {
  it('emits at once for 0, and never where no timer can be set to it', async () => {
    await testResourcesAsync(({ expectObservable }) => {
      expectObservable(after(0, asyncScheduler)).toBe('(0|)', { 0: 0 });
      expectObservable(after(3, asyncScheduler)).toBe('---(0|)', { 0: 0 });
      expectObservable(after(2 ** 31, asyncScheduler), '---!').toBe('---');
      expectObservable(after(Infinity, asyncScheduler), '---!').toBe('---');
    });
  });
});

describe('report', () => {
  it('hands an error over to config.onUnhandledError', async () => {
    report(boom);
    expect(await reported()).toEqual(['boom']);
  });
});
