import { asyncScheduler, interval } from 'rxjs';
import { testResources } from '../../lib/testing/index.js';
import { VirtualTime } from '../../lib/testing/virtual-time.js';
import { failureOf } from '../support/failure-of.js';

describe('VirtualTime', () => {
  it('fails where it does not come to an end', () => {
    const failure = failureOf(() => {
      testResources(({ expectObservable }) => {
        expectObservable(interval(10)).toBe('');
      });
    });
    expect(failure).toBe(
      'Virtual time does not come to an end: after 100000 frames it is at 999990 ms. Something repeats and is never ' +
        'unsubscribed; give expectObservable an unsubscription marble.',
    );
  });

  it('makes the clocks of RxJS virtual from begin() to end()', () => {
    const wall = asyncScheduler.now();
    const time = new VirtualTime();
    const log: string[] = [];
    const note = (text: string): void => void log.push(`${String(asyncScheduler.now())} ${text}`);
    const { cold } = time.begin();
    try {
      asyncScheduler.schedule(() => note('timer'), 3);
      cold('-a').subscribe(note);
      const steps = [time.step(), time.step(), time.step()];
      expect(steps).toEqual([true, true, false]);
      asyncScheduler.schedule(() => note('too late'), 3);
    } finally {
      time.end();
    }
    expect(log).toEqual(['1 a', '3 timer']);
    expect(asyncScheduler.now()).toBeGreaterThanOrEqual(wall);
  });

  it('takes snapshots when everything of a frame has happened', () => {
    const time = new VirtualTime();
    const log: string[] = [];
    time.run(() => {
      time.atEndOf(1, () => log.push('end of 1'));
      for (const frame of [0, 1, 2]) time.schedule(() => log.push(String(frame)), frame);
      time.atEndOf(9, () => log.push('end'));
      time.schedule(() => log.push('also 1'), 1);
    });
    expect(log).toEqual(['0', '1', 'also 1', 'end of 1', '2', 'end']);
  });

  it('refuses a version of rxjs that it cannot keep from ending', () => {
    class Other extends VirtualTime {
      override run<T>(): T {
        return undefined as T;
      }
    }
    expect(() => new Other().begin()).toThrow(
      'This version of rxjs ends TestScheduler#run in another way: testResourcesAsync() needs RxJS 7.',
    );
  });
});
