import { EMPTY, Observable, toArray } from 'rxjs';
import { fromAsyncIterable, lastValue } from '../../lib/index.js';
import { notificationsOf } from '../support/journal.js';

async function* count(): AsyncGenerator<number> {
  yield 1;
  yield 2;
}

// What it promises: spec/laws/law-32.spec.ts. What RxJS does instead: defects-from.spec.ts.
describe('fromAsyncIterable', () => {
  it('answers an observable of what the iterable yields', async () => {
    const source = fromAsyncIterable(count());
    expect(source).toBeInstanceOf(Observable);
    await expect(lastValue(source.pipe(toArray()))).resolves.toEqual([1, 2]);
  });

  it('takes a function for a factory, also an async generator function', async () => {
    await expect(lastValue(fromAsyncIterable(count).pipe(toArray()))).resolves.toEqual([1, 2]);
    await expect(lastValue(fromAsyncIterable(() => count()).pipe(toArray()))).resolves.toEqual([1, 2]);
  });

  it('takes a Node stream, and a web stream', async () => {
    const stream = new ReadableStream<number>({
      start: (controller) => {
        controller.enqueue(1);
        controller.close();
      },
    });
    await expect(lastValue(fromAsyncIterable(stream as never).pipe(toArray()))).resolves.toEqual([1]);
  });

  it.each<[string, unknown]>([
    ['null', null],
    ['undefined', undefined],
    ['number', 1],
    ['string', 'text'],
    ['object', {}],
    ['object', [1]],
    ['object', EMPTY],
    ['object', Promise.resolve(1)],
  ])('refuses %s at the call, with a TypeError that says so: %p', (what, source) => {
    expect(() => fromAsyncIterable(source as never)).toThrow(TypeError);
    expect(() => fromAsyncIterable(source as never)).toThrow(
      `Expected an async iterable or a function that makes one, received ${what}.`,
    );
  });

  it('refuses what a function answers when it is subscribed', () => {
    expect(notificationsOf(fromAsyncIterable(() => 1 as never))).toEqual(['error TypeError']);
  });
});
