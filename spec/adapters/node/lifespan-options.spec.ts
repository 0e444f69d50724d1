import { asyncScheduler } from 'rxjs';
import { checkStepOptions, lifespanSettings } from '../../../lib/adapters/node/lifespan-options.js';

describe('the options of a lifespan', () => {
  it('have defaults, also where they are given as undefined', () => {
    const defaults = {
      name: 'lifespan',
      signals: ['SIGTERM', 'SIGINT', 'SIGHUP'],
      uncaught: false,
      startTimeout: Infinity,
      readyDelay: 0,
      beaconTimeout: Infinity,
      deadline: 10_000,
      echo: 500,
      scheduler: asyncScheduler,
    };
    expect(lifespanSettings({})).toEqual(defaults);
    expect(lifespanSettings({ deadline: undefined, signals: undefined } as never)).toEqual(defaults);
  });

  it.each(['startTimeout', 'readyDelay', 'beaconTimeout', 'deadline', 'echo'])('refuse a %s that is none', (name) => {
    for (const time of [-1, Number.NaN, '5']) {
      expect(() => lifespanSettings({ [name]: time })).toThrow(
        new RangeError(`Expected ${name} to be a number of milliseconds, 0 or more, received ${String(time)}.`),
      );
    }
  });

  it('refuse what is misspelt', () => {
    expect(() => lifespanSettings({ readydelay: 1 } as never)).toThrow(
      /^There is no readydelay in the options of lifespan\(\)/,
    );
    expect(() => {
      checkStepOptions({ timeout: 1 } as never);
    }).toThrow(/^There is no timeout in the options of a step/);
  });

  it('refuse a readyDelay that the deadline has no room for', () => {
    expect(() => lifespanSettings({ readyDelay: 20_000 })).toThrow(
      new RangeError('Expected readyDelay to be a part of the deadline, 10000 ms or less, received 20000.'),
    );
    expect(lifespanSettings({ readyDelay: 20_000, deadline: 20_000 }).readyDelay).toBe(20_000);
  });

  it.each(['startTimeout', 'stopTimeout'])('of a step refuse a %s that is none', (name) => {
    expect(() => {
      checkStepOptions({ [name]: -1 });
    }).toThrow(new RangeError(`Expected ${name} to be a number of milliseconds, 0 or more, received -1.`));
    checkStepOptions({ [name]: 0 });
    checkStepOptions({ [name]: undefined });
  });
});
