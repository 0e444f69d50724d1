import { finished, type Readable } from 'node:stream';

import { isOpen, TakenStream } from './taken-stream.js';

interface Asked<T> {
  resolve(this: void, result: IteratorResult<T, undefined>): void;
  reject(this: void, error: unknown): void;
}

/** What is being read here, or was. Two readers of one stream would each get some of its chunks. */
const read = /* @__PURE__ */ new WeakSet<Readable>();

/**
 * Goes through the chunks of a stream. Not the iterator that streams have themselves: that one is a generator, whose
 * `return()` waits for a pending `next()`, for ever where nothing comes.
 */
export class ReadableIterator<T> implements AsyncIterator<T, undefined> {
  private readonly taken: TakenStream<Readable>;
  private readonly asked: Asked<T>[] = [];
  /** Over, or failed with what nobody has been told yet. */
  private state: 'reading' | 'over' | { readonly error: unknown } = 'reading';
  private closing: Promise<void> | null = null;
  private readonly forget: () => void;

  constructor(source: Readable | (() => Readable)) {
    const stream = typeof source === 'function' ? source() : source;
    spend(stream);
    this.taken = new TakenStream(stream, typeof source === 'function');
    this.forget = finished(stream, { writable: false }, (error) => void this.finish(error));
    stream.on('readable', this.answer);
  }

  next(): Promise<IteratorResult<T, undefined>> {
    return new Promise((resolve, reject) => {
      this.asked.push({ resolve, reject });
      this.answer();
    });
  }

  async return(): Promise<IteratorResult<T, undefined>> {
    await (this.closing ??= this.close());
    return { done: true, value: undefined };
  }

  /** Destroys the stream at once. An error that came when nobody asked has not been told: it goes this way. */
  private async close(): Promise<void> {
    const { state, taken } = this;
    this.state = 'over';
    if (state === 'reading') {
      taken.stream.destroy();
      this.answer();
      try {
        await taken.closed();
      } finally {
        this.letGo();
      }
    } else if (state !== 'over' && taken.failure !== null) {
      throw taken.failure.error;
    }
  }

  private readonly answer = (): void => {
    const { asked } = this;
    for (let first = asked[0]; first !== undefined; first = asked[0]) {
      if (this.state === 'reading') {
        const value = this.read();
        if (value === null) return;
        first.resolve({ done: false, value });
      } else if (this.state === 'over') {
        first.resolve({ done: true, value: undefined });
      } else {
        first.reject(this.state.error);
        this.state = 'over';
      }
      asked.shift();
    }
  };

  private read(): T | null {
    const { stream } = this.taken;
    return stream.destroyed ? null : (stream.read() as T | null);
  }

  /** The stream has come to its end, or to an end. */
  private async finish(error: Error | null | undefined): Promise<void> {
    if (error != null) {
      this.end({ error });
      return;
    }
    const { stream, isOwn } = this.taken;
    await Promise.resolve(); // a stream that closes itself is destroyed right after the event
    if (isOwn && isOpen(stream, 'writable')) stream.destroy();
    try {
      if (stream.destroyed) await this.taken.closed();
      this.end('over');
    } catch (reason) {
      this.end({ error: reason });
    }
  }

  private end(state: 'over' | { readonly error: unknown }): void {
    if (this.state !== 'reading') return;
    this.state = state;
    this.letGo();
    this.answer();
  }

  private letGo(): void {
    this.taken.stream.off('readable', this.answer);
    this.forget();
    this.taken.letGo();
  }
}

/** Refuses what cannot be read, or not to its end by this reader alone. */
function spend(stream: Readable): void {
  if (stream.errored) throw stream.errored;
  if (!stream.readable || read.has(stream)) {
    const what = stream.destroyed ? 'destroyed' : 'read';
    throw new TypeError(
      `Expected a stream to read from, received one that was ${what} before. Pass a function that opens a stream for each subscription.`,
    );
  }
  read.add(stream);
}
