import { NEVER } from 'rxjs';
import { pool, resource, type PoolOptions } from '../../lib/index.js';
import { settingsOf } from '../../lib/concurrency/pool-options.js';
import { PoolTest } from '../support/pool-test.js';

describe('pool-options', () => {
  const one = resource({ name: 'one', acquire: () => 1 });

  it('has defaults for all', () => {
    const { destroyOn, random, scheduler, ...plain } = settingsOf('socket', {});
    expect(plain).toEqual({
      name: 'pool(socket)',
      max: 10,
      min: 0,
      concurrency: 1,
      idleTimeout: 600_000,
      maxLifetime: 1_800_000,
      maxUses: Infinity,
      acquireTimeout: 30_000,
      maxWaiting: Infinity,
      validate: null,
      validateAfter: 500,
      validateTimeout: 5_000,
      keepAlive: 0,
      reset: null,
      createErrors: 'first',
      backoff: { initial: 10, max: 5_000 },
      order: 'lifo',
      leakAfter: 0,
      reclaimAfter: 0,
      aging: Infinity,
      unref: true,
    });
    expect(random).toBe(Math.random);
    expect(scheduler).toMatchObject({ now: expect.any(Function) as unknown, schedule: expect.any(Function) as unknown });
    expect(destroyOn('boom')).toBe(true);
  }); // prettier-ignore

  it('destroys after an error unless it can validate', () => {
    expect(settingsOf('socket', { validate: () => true }).destroyOn('boom')).toBe(false);
  });

  it('takes `undefined` for not given, in the back-off too', () => {
    const options = { max: undefined, name: undefined, validate: undefined, backoff: { initial: undefined, max: 7 } };
    expect(settingsOf('socket', options as unknown as PoolOptions<unknown>)).toMatchObject({
      max: 10,
      name: 'pool(socket)',
      validate: null,
      backoff: { initial: 10, max: 7 },
    });
  });

  it('an undefined back-off waits like the default', () => {
    const test = new PoolTest();
    const made = test.open({ backoff: { initial: undefined, max: undefined } as unknown as { initial: number } });
    test.depot.outage = new Error('down');
    test.visitors.crowd(2, made.lease);
    test.pass(9);
    expect(test.depot.tries).toBe(1);
    test.pass(1);
    expect(test.depot.tries).toBe(2);
    test.end();
  });

  it.each<[string, object | null | number, string]>([
    ['no object', null, 'pool() expects an object of options, received null.'],
    ['a number', 5, 'pool() expects an object of options, received number.'],
    ['an option it does not have', { maxSize: 5 }, 'pool() has no option maxSize. It has max, min, '],
    ['a validate that is no function', { validate: true }, 'Expected validate to be a function, received boolean.'],
    ['a reset that is no function', { reset: 1 }, 'Expected reset to be a function, received number.'],
    ['a destroyOn that is no function', { destroyOn: {} }, 'Expected destroyOn to be a function, received object.'],
    ['a random that is no function', { random: 4 }, 'Expected random to be a function, received number.'],
    ['an order it does not know', { order: 'random' }, "Expected order to be 'lifo' or 'fifo', received random."],
    ['a createErrors it does not know', { createErrors: 'none' }, "Expected createErrors to be 'first' or 'all', received none."],
    ['a keepAlive without validate', { keepAlive: 5 }, 'keepAlive needs validate'],
  ])('refuses %s with a TypeError, at the call', (_, options, message) => {
    expect(() => pool(one, options as never)).toThrow(TypeError);
    expect(() => pool(one, options as never)).toThrow(message);
  }); // prettier-ignore

  it.each([
    { max: 0 },
    { max: 1.5 },
    { max: '5' },
    { min: -1 },
    { min: 11 },
    { min: 3, max: 2 },
    { concurrency: 0 },
    { maxUses: 0 },
    { maxWaiting: -1 },
    { idleTimeout: -1 },
    { idleTimeout: NaN },
    { maxLifetime: 0 },
    { maxLifetime: -5 },
    { acquireTimeout: '5' },
    { validateAfter: -1 },
    { validateTimeout: -1 },
    { keepAlive: -1, validate: () => true },
    { leakAfter: -1 },
    { reclaimAfter: NaN },
    { aging: 0 },
    { backoff: { initial: -1 } },
    { backoff: { initial: 0 } },
    { backoff: { max: 0 } },
  ])('refuses %j with a RangeError, at the call', (options) => {
    expect(() => pool(one, options as never)).toThrow(RangeError);
  });

  it.each([{ max: Infinity }, { min: 0 }, { idleTimeout: 0 }, { acquireTimeout: Infinity }, { maxWaiting: 0 }])(
    'takes %j',
    (options) => {
      expect(pool(one, options).name).toBe('pool(one)');
    },
  );

  it('refuses what is no resource', () => {
    expect(() => pool(NEVER as never)).toThrow(TypeError);
  });

  it('an option named __proto__ is none it has', () => {
    const options = JSON.parse('{ "__proto__": { "max": 1 }, "max": 2 }') as PoolOptions<unknown>;
    expect(() => pool(one, options)).toThrow('pool() has no option __proto__');
  });
});
