import { asyncScheduler, VirtualTimeScheduler } from 'rxjs';
import { fromValue, type Resource } from '../../lib/index.js';
import { keyed, type KeyedOptions } from '../../lib/sharing/index.js';
import { keyedSettings } from '../../lib/sharing/keyed-options.js';

describe('keyedSettings', () => {
  const factory: (key: string) => Resource<number> = () => fromValue(1);

  it('fills in the defaults', () => {
    const settings = keyedSettings(factory, {});
    expect(settings).toMatchObject({
      factory,
      capacity: Infinity,
      whenFull: 'evict',
      sharing: { overlap: false, scheduler: asyncScheduler },
    });
    expect(settings.idleTimeout('a')).toBe(0);
    expect(settings.keyOf('a')).toBe('a');
  });

  it('takes what is given', () => {
    const scheduler = new VirtualTimeScheduler();
    const settings = keyedSettings(factory, {
      idleTimeout: (key) => key.length,
      capacity: 3,
      whenFull: 'wait',
      keyOf: (key) => key.toUpperCase(),
      overlap: true,
      scheduler,
    });
    expect(settings).toMatchObject({ capacity: 3, whenFull: 'wait', sharing: { overlap: true, scheduler } });
    expect(settings.idleTimeout('abc')).toBe(3);
    expect(settings.keyOf('a')).toBe('A');
    expect(keyedSettings(factory, { idleTimeout: 5 }).idleTimeout('a')).toBe(5);
  });

  it.each<[string, object, RegExp]>([
    [
      'a negative idle timeout',
      { idleTimeout: -1 },
      /^RangeError: Expected idleTimeout to be a number of milliseconds/,
    ],
    ['an idle timeout that is none', { idleTimeout: 'long' }, /^RangeError: Expected idleTimeout/],
    ['no room at all', { capacity: 0 }, /^RangeError: Expected capacity to be a whole number, 1 or more, received 0/],
    ['half a place', { capacity: 1.5 }, /^RangeError: Expected capacity/],
    ['another policy', { whenFull: 'fail' }, /^TypeError: Expected whenFull to be 'evict' or 'wait', received 'fail'/],
    ['a policy that is none', { whenFull: null }, /^TypeError: Expected whenFull .* received null/],
    ['a keyOf that is no function', { keyOf: 'id' }, /^TypeError: Expected keyOf to be a function, received string/],
  ])('refuses %s, at the call', (_, options, message) => {
    const make = (): unknown => keyed(factory, options as KeyedOptions<string>);
    expect(make).toThrow();
    try {
      make();
    } catch (error) {
      expect(String(error)).toMatch(message);
    }
  });

  it('refuses a factory that is no function', () => {
    expect(() => keyed(fromValue(1) as never)).toThrow('Expected factory to be a function, received object.');
  });
});
