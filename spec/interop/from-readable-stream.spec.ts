import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { NEVER, take, toArray } from 'rxjs';
import {
  awaitRelease,
  fromReadableStream,
  lastValue,
  pull,
  settled,
  toAsyncIterable,
  using,
  type AskableObservable,
} from '../../lib/index.js';
import { Gate, Journal, reported } from '../support/journal.js';
import { microtasks } from '../support/microtasks.js';
import { rejection } from '../support/rejection.js';

const boom = new Error('boom');

/** A stream of the platform, fed by hand, that writes down what happens to it. */
class Fed {
  readonly journal = new Journal();
  controller!: ReadableStreamDefaultController<number>;
  readonly stream: ReadableStream<number>;

  constructor(cancel: () => unknown = () => undefined) {
    this.stream = new ReadableStream<number>(
      {
        start: (controller) => {
          this.controller = controller;
        },
        pull: () => {
          this.journal.note('pull');
        },
        cancel: () => {
          this.journal.note('cancel');
          return cancel() as Promise<void>;
        },
      },
      { highWaterMark: 0 },
    );
  }
}

function full(...values: number[]): ReadableStream<number> {
  return new ReadableStream({
    start: (controller) => {
      for (const value of values) controller.enqueue(value);
      controller.close();
    },
  });
}

describe('fromReadableStream', () => {
  it('has the chunks and the end of the stream, and unlocks it', async () => {
    const stream = full(1, 2);
    await expect(lastValue(fromReadableStream(stream).pipe(toArray()))).resolves.toEqual([1, 2]);
    expect(stream.locked).toBe(false);
  });

  it('does not touch a stream before it is subscribed (law 5)', () => {
    const stream = full(1);
    void fromReadableStream(stream);
    expect(stream.locked).toBe(false);
  });

  it('reads one at a time, the next when the handler has returned', async () => {
    const { stream, journal, controller } = new Fed();
    await microtasks();
    const subscription = fromReadableStream(stream).subscribe((value) => {
      journal.note(`next ${value}`);
    });
    await microtasks();
    expect(journal.take()).toEqual(['pull']);
    controller.enqueue(1);
    await microtasks();
    expect(journal.take()).toEqual(['next 1', 'pull']);
    subscription.unsubscribe();
    await settled();
  });

  it('fails as the stream does, and unlocks it', async () => {
    const { stream, controller } = new Fed();
    const failing = rejection(lastValue(fromReadableStream(stream)));
    await microtasks();
    controller.error(boom);
    expect(await failing).toBe(boom);
    expect(stream.locked).toBe(false);
  });

  it('has the chunks of byte streams', async () => {
    const bytes = new ReadableStream({
      type: 'bytes',
      start: (controller) => {
        controller.enqueue(new Uint8Array([1, 2]));
        controller.enqueue(new Uint8Array([3]));
        controller.close();
      },
    });
    const chunks = await lastValue(fromReadableStream<Uint8Array>(bytes).pipe(toArray()));
    expect(chunks.map((chunk) => [...chunk])).toEqual([[1, 2], [3]]);
  });

  describe('left', () => {
    it('while a read is pending cancels and unlocks the stream at once', async () => {
      const { stream, journal } = new Fed();
      const subscription = fromReadableStream(stream).subscribe(journal.observer());
      await microtasks();
      expect([journal.take(), stream.locked]).toEqual([['pull'], true]);
      subscription.unsubscribe();
      expect([journal.take(), stream.locked]).toEqual([['cancel'], false]);
      await settled();
      await expect(stream.getReader().read()).resolves.toEqual({ done: true, value: undefined });
      expect(journal.lines).toEqual([]);
    });

    it('in the very tick in which it is subscribed likewise', async () => {
      const { stream, journal } = new Fed();
      fromReadableStream(stream).subscribe(journal.observer()).unsubscribe();
      expect([journal.take(), stream.locked]).toEqual([['cancel'], false]);
      await settled();
    });

    it('inside a chunk likewise, and the rest is not read', async () => {
      const { stream, journal, controller } = new Fed();
      fromReadableStream(stream).pipe(take(1)).subscribe(journal.observer());
      controller.enqueue(1);
      controller.enqueue(2);
      await microtasks();
      expect([journal.take(), stream.locked]).toEqual([['next 1', 'complete', 'cancel'], false]);
    });

    it('while a byte stream is read likewise', async () => {
      const journal = new Journal();
      const stream = new ReadableStream({ type: 'bytes', cancel: () => journal.note('cancel') });
      const subscription = fromReadableStream(stream).subscribe();
      await microtasks();
      subscription.unsubscribe();
      expect([journal.lines, stream.locked]).toEqual([['cancel'], false]);
      await settled();
    });

    it('goes on in the background until cancel() has settled (law 12)', async () => {
      const gate = new Gate();
      const { stream, journal } = new Fed(() => gate.promise);
      fromReadableStream(stream).subscribe().unsubscribe();
      const waiting = settled().then(() => journal.note('settled'));
      await microtasks();
      expect(journal.take()).toEqual(['cancel']);
      gate.open();
      await waiting;
      expect(journal.take()).toEqual(['settled']);
    });

    it('reports a cancel() that fails', async () => {
      const { stream } = new Fed(() => Promise.reject(boom));
      fromReadableStream(stream).subscribe().unsubscribe();
      expect(stream.locked).toBe(false);
      expect(await reported()).toEqual(['boom']);
    });

    it('tells awaitRelease of a cancel() that fails', async () => {
      const { stream, controller } = new Fed(() => Promise.reject(boom));
      controller.enqueue(1);
      expect(await rejection(lastValue(fromReadableStream(stream).pipe(take(1), awaitRelease())))).toBe(boom);
    });

    it('after the end, and after an error, does nothing', async () => {
      for (const end of ['close', 'error'] as const) {
        const { stream, journal, controller } = new Fed();
        const subscription = fromReadableStream(stream).subscribe({ error: () => undefined });
        await microtasks();
        controller[end]();
        await microtasks();
        subscription.unsubscribe();
        expect(journal.lines).toEqual(['pull']);
      }
    });
  });

  describe('refuses', () => {
    it('a stream that is locked, and leaves it as it is', async () => {
      const stream = full(1);
      const reader = stream.getReader();
      await expect(lastValue(fromReadableStream(stream))).rejects.toMatchObject({ name: 'TypeError' });
      await expect(reader.read()).resolves.toEqual({ done: false, value: 1 });
    });

    it('the second subscriber of a stream, with the remedy', async () => {
      const stream = full(1);
      const chunks = fromReadableStream(stream);
      await lastValue(chunks);
      await expect(lastValue(chunks)).rejects.toThrow('Pass a function that makes one for each subscription.');
      await expect(lastValue(fromReadableStream(stream))).rejects.toThrow(TypeError);
      expect(stream.locked).toBe(false);
    });

    it('a second subscriber while the first one reads, who goes on', async () => {
      const { stream, controller } = new Fed();
      const chunks = fromReadableStream(stream);
      const first = lastValue(chunks);
      await expect(lastValue(chunks)).rejects.toMatchObject({ name: 'TypeError' });
      controller.enqueue(1);
      controller.close();
      await expect(first).resolves.toBe(1);
    });

    it.each([
      ['null', null],
      ['array', []],
      ['undefined', undefined],
    ])('what is no stream: %s', async (_, source) => {
      expect(() => fromReadableStream(source as never)).toThrow(TypeError);
      await expect(lastValue(fromReadableStream(() => source as never))).rejects.toThrow('Expected a readable stream');
    });
  });

  describe('given a function', () => {
    it('makes a stream for each subscription, and none before', async () => {
      const make = jest.fn(() => full(1, 2));
      const chunks = fromReadableStream(make);
      expect(make).not.toHaveBeenCalled();
      await expect(lastValue(chunks)).resolves.toBe(2);
      await expect(lastValue(chunks)).resolves.toBe(2);
      expect(make).toHaveBeenCalledTimes(2);
    });

    it('fails with what it throws, and where it makes the same stream again', async () => {
      const failing = fromReadableStream(() => {
        throw boom;
      });
      expect(await rejection(lastValue(failing))).toBe(boom);
      const one = full(1);
      const chunks = fromReadableStream(() => one);
      await lastValue(chunks);
      await expect(lastValue(chunks)).rejects.toThrow(TypeError);
    });
  });

  describe.each([
    ['a stream', (stream: ReadableStream<number>) => fromReadableStream(stream)],
    ['a function', (stream: ReadableStream<number>) => fromReadableStream(() => stream)],
  ])('of %s can be asked', (_, make: (stream: ReadableStream<number>) => AskableObservable<number>) => {
    it('by pull: read when a slot is free', async () => {
      const { stream, journal, controller } = new Fed();
      const subscription = pull(make(stream), () => NEVER).subscribe();
      await microtasks();
      expect(journal.take()).toEqual(['pull']);
      controller.enqueue(1);
      await microtasks();
      expect(journal.take()).toEqual([]);
      subscription.unsubscribe();
      expect([journal.lines, stream.locked]).toEqual([['cancel'], false]);
    });

    it('by a loop: read when it goes on', async () => {
      const { stream, journal, controller } = new Fed();
      const iterator = toAsyncIterable(make(stream))[Symbol.asyncIterator]();
      const first = iterator.next();
      await microtasks();
      expect(journal.take()).toEqual(['pull']);
      controller.enqueue(1);
      await expect(first).resolves.toEqual({ done: false, value: 1 });
      await microtasks();
      expect(journal.take()).toEqual([]);
      await iterator.return();
      expect(journal.take()).toEqual(['cancel']);
    });
  });

  it('in a scope: the release comes after cancel() (law 7)', async () => {
    const gate = new Gate();
    const { stream, journal } = new Fed(() => gate.promise);
    const subscription = using(journal.resource('a'), () => fromReadableStream(stream)).subscribe();
    await microtasks();
    subscription.unsubscribe();
    expect(journal.take()).toEqual(['+a', 'pull', 'cancel']);
    gate.open();
    await settled();
    expect(journal.take()).toEqual(['-a unsubscribe']);
  });

  it('lets go of a real response in the middle of its body', async () => {
    const aborted = new Gate();
    const server = createServer((_, response) => {
      response.on('close', () => {
        if (!response.writableFinished) aborted.open();
      });
      response.write('the first part');
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    const response = await fetch(`http://127.0.0.1:${(server.address() as AddressInfo).port}`);
    const body = response.body as ReadableStream<Uint8Array>;
    const chunk = await lastValue(fromReadableStream(body).pipe(take(1), awaitRelease()));
    expect(new TextDecoder().decode(chunk)).toBe('the first part');
    await aborted.promise; // the server sees it
    await new Promise((resolve) => server.close(resolve));
    expect(body.locked).toBe(false);
  });
});
