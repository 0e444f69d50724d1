import { asyncScheduler } from 'rxjs';
import { Alarm } from '../../lib/concurrency/alarm.js';
import { Clock } from '../support/clock.js';

describe('Alarm', () => {
  let clock: Clock;
  let rings: number[];
  let alarm: Alarm;

  beforeEach(() => {
    clock = new Clock();
    rings = [];
    alarm = new Alarm(clock, () => rings.push(clock.now()), true);
  });

  it('rings once, when it is due', () => {
    alarm.set(10);
    clock.pass(9);
    expect(rings).toEqual([]);
    clock.pass(100);
    expect(rings).toEqual([10]);
  });

  it('set several times rings at the earliest, with one timer', () => {
    alarm.set(30);
    alarm.set(10);
    alarm.set(20);
    expect(clock.timers).toBe(1);
    clock.pass(100);
    expect(rings).toEqual([10]);
  });

  it('may be set again when it rings', () => {
    alarm = new Alarm(clock, () => { rings.push(clock.now()); if (rings.length < 3) alarm.set(clock.now() + 5); }, true);
    alarm.set(5);
    clock.pass(100);
    expect(rings).toEqual([5, 10, 15]);
  }); // prettier-ignore

  it('for a time that has passed rings at once, not inside the call', () => {
    clock.pass(10);
    alarm.set(3);
    expect(rings).toEqual([]);
    clock.pass(0);
    expect(rings).toEqual([10]);
  });

  it('that is cleared does not ring, and may be set for later', () => {
    alarm.set(10);
    alarm.clear();
    expect(clock.timers).toBe(0);
    alarm.set(20);
    clock.pass(100);
    expect(rings).toEqual([20]);
  });

  it('rings sooner where no timer can be set for so long', () => {
    alarm.set(2 ** 40);
    clock.pass(2 ** 31 - 1);
    expect(rings).toEqual([2 ** 31 - 1]);
  });

  describe('keeps a Node process alive', () => {
    const isRef = (action: unknown): boolean | undefined => (action as { id?: NodeJS.Timeout }).id?.hasRef();
    const actionOf = (one: Alarm): unknown => (one as unknown as { action: unknown }).action;

    it.each([true, false])('where it is needed: %p', (isNeeded) => {
      const real = new Alarm(asyncScheduler, () => undefined, isNeeded);
      real.set(asyncScheduler.now() + 10_000);
      expect(isRef(actionOf(real))).toBe(isNeeded);
      real.clear();
    });

    it('from when it is needed, until it is not', () => {
      const real = new Alarm(asyncScheduler, () => undefined, false);
      real.need(true);
      real.set(asyncScheduler.now() + 10_000);
      expect(isRef(actionOf(real))).toBe(true);
      real.need(false);
      expect(isRef(actionOf(real))).toBe(false);
      real.need(true);
      expect(isRef(actionOf(real))).toBe(true);
      real.clear();
    });

    it('is nothing that a virtual timer knows', () => {
      alarm.set(10);
      alarm.need(false);
      alarm.need(true);
      clock.pass(10);
      expect(rings).toEqual([10]);
    });
  });
});
