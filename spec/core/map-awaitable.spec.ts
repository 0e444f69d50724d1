import { of, type Observable } from 'rxjs';
import { mapAwaitable } from '../../lib/core/map-awaitable.js';
import { lastValue } from '../../lib/index.js';
import { raise } from '../support/failing.js';
import { notificationsOf } from '../support/journal.js';
import { rejection } from '../support/rejection.js';

const boom = new Error('boom');
const double = (n: number): number => n * 2;

describe('mapAwaitable', () => {
  it('changes a plain value at once (law 17)', () => {
    expect(mapAwaitable(21, double)).toBe(42);
  });

  it('changes the value of a promise and of a thenable', async () => {
    const thenable: PromiseLike<number> = { then: (...args) => Promise.resolve(21).then(...args) };
    await expect(mapAwaitable(Promise.resolve(21), double)).resolves.toBe(42);
    await expect(mapAwaitable(thenable, double)).resolves.toBe(42);
  });

  it('changes each value of an observable', async () => {
    const mapped = mapAwaitable(of(1, 2), double) as Observable<number>;
    expect(notificationsOf(mapped)).toEqual(['next 2', 'next 4', 'complete']);
    await expect(lastValue(mapped)).resolves.toBe(4);
  });

  it('takes arrays and functions for values', () => {
    const identity = (value: unknown): unknown => value;
    const array = [1];
    expect(mapAwaitable(array, identity)).toBe(array);
    expect(mapAwaitable(double, identity)).toBe(double);
  });

  it('fails with what the change throws, in the way of the answer', async () => {
    const fails = (): never => raise(boom);
    expect(() => mapAwaitable(1, fails)).toThrow(boom);
    expect(await rejection(mapAwaitable(Promise.resolve(1), fails) as Promise<never>)).toBe(boom);
    expect(notificationsOf(mapAwaitable(of(1), fails) as Observable<never>)).toEqual(['error boom']);
  });
});
