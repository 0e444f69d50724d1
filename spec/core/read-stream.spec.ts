import { isReadableStream, StreamIterable, type ReadableStreamInput } from '../../lib/core/read-stream.js';
import { toObservable } from '../../lib/core/observable-input.js';
import { lastValue, settled, using } from '../../lib/index.js';
import { raise } from '../support/failing.js';
import { Gate, Journal } from '../support/journal.js';
import { microtasks } from '../support/microtasks.js';
import { rejection } from '../support/rejection.js';

const boom = new Error('boom');

function full(...values: number[]): ReadableStream<number> {
  return new ReadableStream({
    start: (controller) => {
      for (const value of values) controller.enqueue(value);
      controller.close();
    },
  });
}

function iteratorOf<T>(stream: ReadableStream<T>): Required<Pick<AsyncIterator<T>, 'next' | 'return'>> {
  return new StreamIterable<T>(stream)[Symbol.asyncIterator]() as never;
}

describe('isReadableStream', () => {
  it.each<[string, unknown, boolean]>([
    ['a stream', full(), true],
    ['what reads like one', { getReader: () => 1 }, true],
    ['an object whose getReader is no function', { getReader: 1 }, false],
    ['a writable stream', new WritableStream(), false],
    ['a function', () => full(), false],
    ['null', null, false],
    ['a string', 'getReader', false],
  ])('tells of %s: %#', (_, value, expected) => {
    expect(isReadableStream(value)).toBe(expected);
  });
});

describe('StreamIterable', () => {
  it('locks the stream when its iterator is made, and unlocks it at its end', async () => {
    const stream = full(1);
    const iterable = new StreamIterable<number>(stream);
    expect(stream.locked).toBe(false);
    const iterator = iterable[Symbol.asyncIterator]();
    expect(stream.locked).toBe(true);
    await expect(iterator.next()).resolves.toEqual({ done: false, value: 1 });
    expect(stream.locked).toBe(true);
    await expect(iterator.next()).resolves.toEqual({ done: true, value: undefined });
    expect(stream.locked).toBe(false);
  });

  it('unlocks a stream that fails', async () => {
    const stream = new ReadableStream<number>({ pull: () => Promise.reject(boom) });
    expect(await rejection(iteratorOf(stream).next())).toBe(boom);
    expect(stream.locked).toBe(false);
  });

  it('answers a pending next() with the end when it is returned, and waits for cancel()', async () => {
    const gate = new Gate();
    const journal = new Journal();
    const stream = new ReadableStream<number>({ cancel: () => gate.promise });
    const iterator = iteratorOf(stream);
    const next = iterator.next();
    const returned = iterator.return().then(() => journal.note('returned'));
    expect(stream.locked).toBe(false);
    await expect(next).resolves.toEqual({ done: true, value: undefined });
    expect(journal.lines).toEqual([]);
    gate.open();
    await returned;
    expect(journal.lines).toEqual(['returned']);
  });

  it('rejects return() with what cancel() fails with', async () => {
    const stream = new ReadableStream<number>({ cancel: () => Promise.reject(boom) });
    expect(await rejection(iteratorOf(stream).return())).toBe(boom);
    expect(stream.locked).toBe(false);
  });

  it('unlocks also where cancel() throws', async () => {
    const releaseLock = jest.fn();
    const reader = { read: () => new Gate<never>().promise, cancel: () => raise(boom), releaseLock };
    const foreign: ReadableStreamInput<number> = { getReader: () => reader };
    expect(await rejection(iteratorOf(foreign as never).return())).toBe(boom);
    expect(releaseLock).toHaveBeenCalledTimes(1);
  });

  it('refuses a second iterator, and leaves the stream unlocked then', async () => {
    const stream = full(1);
    await iteratorOf(stream).return();
    expect(() => iteratorOf(stream)).toThrow('received a stream that was gone through before');
    expect(stream.locked).toBe(false);
  });

  it('does not count a stream that was locked as gone through', async () => {
    const stream = full(1);
    const reader = stream.getReader();
    expect(() => iteratorOf(stream)).toThrow('locked');
    reader.releaseLock();
    await expect(iteratorOf(stream).next()).resolves.toEqual({ done: false, value: 1 });
  });
});

describe('a stream as an observable input', () => {
  it('has its chunks', async () => {
    await expect(lastValue(toObservable<number>(full(1, 2)))).resolves.toBe(2);
  });

  it('that a body returns is cancelled and unlocked when it is left while a read is pending (laws 7, 32)', async () => {
    const journal = new Journal();
    const gate = new Gate();
    const stream = new ReadableStream<number>({
      cancel: () => {
        journal.note('cancel');
        return gate.promise;
      },
    });
    const subscription = using(journal.resource('a'), () => stream).subscribe();
    await microtasks();
    expect(stream.locked).toBe(true);
    subscription.unsubscribe();
    expect([journal.take(), stream.locked]).toEqual([['+a', 'cancel'], false]);
    gate.open();
    await settled();
    expect(journal.take()).toEqual(['-a unsubscribe']);
  });
});
