import { once } from 'node:events';
import { PassThrough, Readable } from 'node:stream';
import { ReadableIterator } from '../../../lib/adapters/node/readable-iterator.js';
import { fromReadable } from '../../../lib/adapters/node/index.js';
import { microtasks } from '../../support/microtasks.js';
import { rejection } from '../../support/rejection.js';
import { listenersOf } from './support/counting.js';

const boom = new Error('boom');
const over = { done: true, value: undefined };

describe('ReadableIterator', () => {
  it('answers calls of next() that overlap in their order, and all of them at the end', async () => {
    const iterator = new ReadableIterator<number>(Readable.from([1, 2]));
    const answers = await Promise.all([iterator.next(), iterator.next(), iterator.next(), iterator.next()]);
    expect(answers).toEqual([{ done: false, value: 1 }, { done: false, value: 2 }, over, over]);
  });

  it('goes through a for await loop, and destroys the stream where that is broken off', async () => {
    const stream = Readable.from([1, 2, 3]);
    const seen: number[] = [];
    for await (const value of fromReadable<number>(stream)) {
      seen.push(value);
      if (value === 2) break;
    }
    expect(seen).toEqual([1, 2]);
    expect(stream.closed).toBe(true);
  });

  it('answers what was asked when it is left, and everything asked later', async () => {
    const iterator = new ReadableIterator<string>(new PassThrough());
    const pending = iterator.next();
    expect(await Promise.all([iterator.return(), iterator.return()])).toEqual([over, over]);
    expect(await pending).toEqual(over);
    expect(await iterator.next()).toEqual(over);
  });

  it('does nothing to a stream when it is left after the end', async () => {
    const stream = new PassThrough({ autoDestroy: false });
    const iterator = new ReadableIterator<Buffer>(stream.end());
    expect(await iterator.next()).toEqual(over);
    await iterator.return();
    expect(stream.destroyed).toBe(false);
  });

  it('tells an error once, to the first who asks', async () => {
    const stream = new PassThrough();
    const iterator = new ReadableIterator<Buffer>(stream);
    const asked = [rejection(iterator.next()), iterator.next()];
    stream.destroy(boom);
    expect(await Promise.all(asked)).toEqual([boom, over]);
    await iterator.return();
  });

  it('keeps an error that comes when nobody asks, for who asks next, or leaves', async () => {
    const make = async (): Promise<ReadableIterator<Buffer>> => {
      const made = new PassThrough();
      const iterator = new ReadableIterator<Buffer>(made);
      made.destroy(boom);
      await rejection(once(made, 'close'));
      return iterator;
    };
    expect(await rejection((await make()).next())).toBe(boom);
    expect(await rejection((await make()).return())).toBe(boom);
  });

  it('says nothing to who leaves of a stream that was destroyed without an error', async () => {
    const stream = new PassThrough();
    const iterator = new ReadableIterator<Buffer>(stream);
    stream.destroy();
    await once(stream, 'close');
    await microtasks();
    expect(await iterator.return()).toEqual(over);
  });

  it('leaves no listener where it refuses a stream', () => {
    const stream = new PassThrough();
    const first = new ReadableIterator<Buffer>(stream);
    const before = listenersOf(stream);
    expect(() => new ReadableIterator<Buffer>(stream)).toThrow(TypeError);
    expect(listenersOf(stream)).toEqual(before);
    void first.return();
  });
});
