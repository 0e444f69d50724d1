import { of, toArray } from 'rxjs';
import { isPromise, toObservable } from '../../lib/core/observable-input.js';
import { lastValue } from '../../lib/index.js';
import { notificationsOf } from '../support/journal.js';

describe('isPromise', () => {
  it.each<[string, unknown, boolean]>([
    ['a promise', Promise.resolve(), true],
    ['a thenable', { then: () => 1 }, true],
    ['an object whose then is no function', { then: 1 }, false],
    ['an observable', of(1), false],
    ['null', null, false],
    ['a string', 'then', false],
    ['undefined', undefined, false],
  ])('tells of %s: %p is %p', (_, value, expected) => {
    expect(isPromise(value)).toBe(expected);
  });
});

describe('toObservable', () => {
  it('passes observables as they are', () => {
    const source = of(1);
    expect(toObservable(source)).toBe(source);
  });

  it('takes iterables, strings included, as RxJS does', () => {
    expect(notificationsOf(toObservable('ab'))).toEqual(['next a', 'next b', 'complete']);
    expect(notificationsOf(toObservable([1, 2]))).toEqual(['next 1', 'next 2', 'complete']);
  });

  it('takes promises, async iterables and readable streams', async () => {
    const generate = async function* (): AsyncGenerator<number> {
      yield 1;
      yield 2;
    };
    const stream = new ReadableStream<number>({
      start: (controller) => {
        controller.enqueue(3);
        controller.close();
      },
    });
    await expect(lastValue(toObservable(Promise.resolve(0)))).resolves.toBe(0);
    await expect(lastValue(toObservable(generate()).pipe(toArray()))).resolves.toEqual([1, 2]);
    await expect(lastValue(toObservable(stream as never))).resolves.toBe(3);
  });

  it('refuses what is no observable input with the TypeError of RxJS', () => {
    expect(() => toObservable(1 as never)).toThrow(TypeError);
    expect(() => toObservable(undefined as never)).toThrow(TypeError);
    expect(() => toObservable(null as never)).toThrow(TypeError);
  });
});
