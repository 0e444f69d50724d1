import { concat, interval, of, Subject, throwError } from 'rxjs';
import {
  fromAsyncIterable,
  fromReadableStream,
  lastValue,
  paginate,
  toReadableStream,
  using,
} from '../../lib/index.js';
import { AsyncSource } from '../support/async-source.js';
import { Gate, Journal, reported } from '../support/journal.js';
import { microtasks } from '../support/microtasks.js';
import { rejection } from '../support/rejection.js';

const boom = new Error('boom');

async function allOf<T>(stream: ReadableStream<T>): Promise<T[]> {
  const all: T[] = [];
  const reader = stream.getReader();
  for (let result = await reader.read(); !result.done; result = await reader.read()) all.push(result.value);
  return all;
}

describe('toReadableStream', () => {
  it('has the values of an observable, and its end', async () => {
    await expect(allOf(toReadableStream(of(1, 2, 3)))).resolves.toEqual([1, 2, 3]);
  });

  it('has the values of an async iterable, and its end', async () => {
    async function* two(): AsyncGenerator<number> {
      yield await Promise.resolve(1);
      yield 2;
    }
    await expect(allOf(toReadableStream(two()))).resolves.toEqual([1, 2]);
    await expect(allOf(toReadableStream(fromAsyncIterable(two)))).resolves.toEqual([1, 2]);
  });

  it('leaves no value of a hot source out while nobody reads, once it is subscribed', async () => {
    const source = new Subject<number>();
    const reader = toReadableStream(source).getReader();
    const first = reader.read();
    await microtasks();
    for (const n of [1, 2, 3]) source.next(n);
    source.complete();
    expect([await first, await reader.read(), await reader.read(), await reader.read()]).toEqual([
      { done: false, value: 1 },
      { done: false, value: 2 },
      { done: false, value: 3 },
      { done: true, value: undefined },
    ]);
  });

  describe('asks', () => {
    it('nothing before the first read, and of a stream that is never read nothing (law 5)', async () => {
      const source = new AsyncSource();
      const journal = new Journal();
      const streams = [toReadableStream(source), toReadableStream(using(journal.resource('a'), () => of(1)))];
      await microtasks();
      expect([...source.journal.take(), ...journal.take()]).toEqual([]);
      await Promise.all(streams.map((stream) => stream.cancel()).concat(source.closes()));
      expect([...source.journal.take(), ...journal.take()]).toEqual(['return()']);
    });

    it.each([
      [0, [0, 1, 2]],
      [1, [1, 2, 3]],
      [3, [3, 4, 5]],
    ])('only when there is room: with highWaterMark %p', async (highWaterMark, expected) => {
      let count = 0;
      const next = (): Promise<IteratorResult<number>> => Promise.resolve({ done: false, value: count++ });
      const stream = toReadableStream({ [Symbol.asyncIterator]: () => ({ next }) }, { highWaterMark });
      const reader = stream.getReader();
      const counts: number[] = [];
      for (let reads = 0; reads < 3; reads++) {
        await microtasks(50);
        counts.push(count);
        await reader.read();
      }
      expect(counts).toEqual(expected);
      await reader.cancel();
    });

    it('for one at a time, however much room there is', async () => {
      const source = new AsyncSource();
      const stream = toReadableStream(source, { highWaterMark: Infinity });
      await microtasks();
      expect(source.journal.take()).toEqual(['next()']);
      await source.yields(1);
      expect(source.journal.take()).toEqual(['next()']);
      await source.ends();
      await expect(allOf(stream)).resolves.toEqual([1]);
    });

    it.each([
      ['pages', (fetch: (at: number) => number[]) => paginate.offset({ limit: 1, fetch })],
      ['fromAsyncIterable', (fetch: (at: number) => number[]) => fromAsyncIterable(generate(fetch))],
    ])('as it asks iterables: %s', async (_, make) => {
      const asked: number[] = [];
      const reader = toReadableStream(make((at) => [asked.push(at)])).getReader();
      await microtasks();
      expect(asked).toEqual([]);
      await reader.read();
      await reader.read();
      await microtasks();
      expect(asked).toEqual([0, 1]);
      await reader.cancel();
    });

    function generate(fetch: (at: number) => number[]): () => AsyncGenerator<number> {
      return async function* () {
        for (let at = 0; ; at++) yield* await Promise.resolve(fetch(at));
      };
    }
  });

  describe('fails', () => {
    it('with the error of the source, after its values', async () => {
      const failing = concat(
        of(1, 2),
        throwError(() => boom),
      );
      const reader = toReadableStream(failing).getReader();
      expect([await reader.read(), await reader.read()]).toEqual([
        { done: false, value: 1 },
        { done: false, value: 2 },
      ]);
      await expect(reader.read()).rejects.toBe(boom);
      await expect(reader.read()).rejects.toBe(boom);
    });

    it.each([1, 2, 3, 5, Infinity])('after those that wait in the stream: highWaterMark %p', async (highWaterMark) => {
      async function* failing(): AsyncGenerator<number> {
        yield await Promise.resolve(1);
        yield 2;
        throw boom;
      }
      for (const source of [
        failing(),
        fromAsyncIterable(failing),
        concat(
          of(1, 2),
          throwError(() => boom),
        ),
      ]) {
        // prettier-ignore
        const reader = toReadableStream<number>(source, { highWaterMark }).getReader();
        await microtasks(50);
        const seen = [await reader.read(), await reader.read()];
        expect(seen.map(({ value }) => value)).toEqual([1, 2]);
        await expect(reader.read()).rejects.toBe(boom);
      }
    });

    it('at once where nothing waits, and who waits in read() is told', async () => {
      const source = new AsyncSource();
      const reader = toReadableStream(source, { highWaterMark: 2 }).getReader();
      const reading = rejection(reader.read());
      await microtasks();
      await source.fails(boom);
      expect(await reading).toBe(boom);
    });

    it('with what reading had to wait for: releases upstream come first', async () => {
      const journal = new Journal();
      const gate = new Gate();
      const source = using(journal.resource('a', { release: () => gate.promise }), () => throwError(() => boom));
      const reading = rejection(toReadableStream(source).getReader().read()).then((error) => {
        journal.note((error as Error).message);
      });
      await microtasks();
      expect(journal.take()).toEqual(['+a', '-a error boom']);
      gate.open();
      await reading;
      expect(journal.take()).toEqual(['-a ok', 'boom']);
    });

    it.each([-1, 1.5, Number.NaN])('at the call for highWaterMark %p', (highWaterMark) => {
      expect(() => toReadableStream(of(1), { highWaterMark })).toThrow(RangeError);
    });

    it.each([
      ['null', null],
      ['an iterable', [1]],
      ['a promise', Promise.resolve(1)],
    ])('at the call for %s', (_, source) => {
      expect(() => toReadableStream(source as never)).toThrow('Expected an observable or an async iterable, received ');
      expect(() => toReadableStream(source as never)).toThrow(TypeError);
    });
  });

  describe('cancelled', () => {
    it('leaves the source at once, and settles after the releases', async () => {
      const journal = new Journal();
      const gate = new Gate();
      const source = using(journal.resource('a', { release: () => gate.promise }), () => interval(1_000_000));
      const reader = toReadableStream(source).getReader();
      const reading = reader.read();
      await microtasks();
      const cancelling = reader.cancel().then(() => journal.note('cancelled'));
      expect(journal.take()).toEqual(['+a', '-a unsubscribe']);
      await expect(reading).resolves.toEqual({ done: true, value: undefined });
      await microtasks();
      expect(journal.take()).toEqual([]);
      gate.open();
      await cancelling;
      expect(journal.take()).toEqual(['-a ok', 'cancelled']);
    });

    it.each([
      ['a value', (source: AsyncSource) => source.yields(1)],
      ['its end', (source: AsyncSource) => source.ends()],
      ['an error', (source: AsyncSource) => source.fails(boom)],
    ])('drops %s that the source gives afterwards', async (_, answer) => {
      const source = new AsyncSource();
      const reader = toReadableStream(source).getReader();
      const reading = reader.read();
      await microtasks();
      const cancelling = reader.cancel();
      expect(source.journal.take()).toEqual(['next()', 'return()']);
      await answer(source);
      await source.closes();
      await cancelling;
      await expect(reading).resolves.toEqual({ done: true, value: undefined });
      await expect(reader.read()).resolves.toEqual({ done: true, value: undefined });
      expect(source.journal.lines).toEqual([]);
      expect(await reported()).toEqual([]);
    });

    it('rejects with what leaving fails with', async () => {
      const source = new AsyncSource();
      const reader = toReadableStream(source).getReader();
      void reader.read();
      await microtasks();
      const cancelling = rejection(reader.cancel());
      await source.failsToClose(boom);
      expect(await cancelling).toBe(boom);
    });

    it('needs no return()', async () => {
      const next = (): Promise<IteratorResult<number>> => new Gate<never>().promise;
      const reader = toReadableStream({ [Symbol.asyncIterator]: () => ({ next }) }).getReader();
      void reader.read();
      await microtasks();
      await expect(reader.cancel()).resolves.toBeUndefined();
    });

    it('does not call return() after the end', async () => {
      const source = new AsyncSource();
      const stream = toReadableStream(source, { highWaterMark: 1 });
      await microtasks();
      await source.ends();
      await stream.cancel();
      expect(source.journal.lines).toEqual(['next()']);
    });

    it('by a loop that is left', async () => {
      const journal = new Journal();
      const source = using(journal.resource('a'), () => [1, 2, 3]);
      for await (const value of toReadableStream(source) as unknown as AsyncIterable<number>) {
        journal.note(String(value));
        break;
      }
      expect(journal.lines[0]).toBe('+a');
      expect(journal.lines).toContain('1');
    });
  });

  describe('works with the platform', () => {
    const words = (): ReadableStream<string> => toReadableStream(of('to ', 'be'));

    it('as the body of a response', async () => {
      await expect(new Response(words().pipeThrough(new TextEncoderStream())).text()).resolves.toBe('to be');
    });

    it('piped to a writable, with its backpressure', async () => {
      const source = new AsyncSource();
      const writing = new Gate();
      const sink = new WritableStream<number>({ write: () => writing.promise }, { highWaterMark: 1 });
      const piping = toReadableStream(source).pipeTo(sink);
      await microtasks(50);
      expect(source.journal.take()).toEqual(['next()']);
      await source.yields(1);
      await microtasks(50);
      expect(source.journal.take()).toEqual([]); // it is being written
      writing.open();
      await microtasks(50);
      expect(source.journal.take()).toEqual(['next()']);
      await source.ends();
      await piping;
    });

    it('piped to a writable that fails: the source is left', async () => {
      const journal = new Journal();
      const source = using(journal.resource('a'), () => interval(1));
      const sink = new WritableStream<number>({ write: () => Promise.reject(boom) });
      expect(await rejection(toReadableStream(source).pipeTo(sink))).toBe(boom);
      expect(journal.lines).toEqual(['+a', '-a unsubscribe']);
    });

    it('teed, and there and back', async () => {
      const [left, right] = words().tee();
      await expect(Promise.all([allOf(left), allOf(right)])).resolves.toEqual([
        ['to ', 'be'],
        ['to ', 'be'],
      ]);
      await expect(lastValue(fromReadableStream(words()))).resolves.toBe('be');
    });
  });
});
