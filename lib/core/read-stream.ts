import { spend } from './open-iterator.js';

/** As much of a WHATWG `ReadableStream` as reading takes. */
export interface ReadableStreamInput<T> {
  getReader(): {
    read(): PromiseLike<{ readonly done: boolean; readonly value?: T | undefined }>;
    cancel(reason?: unknown): PromiseLike<unknown>;
    releaseLock(): void;
  };
}

/**
 * Such a stream where the type of its chunks is to be inferred: as the DOM types it, or as Node does. From `getReader()`
 * alone, which has another answer for byte streams, TypeScript infers the wrong one.
 */
export type ReadableStreamOf<T> = ReadableStream<T> | (AsyncIterable<T> & ReadableStreamInput<unknown>);

/**
 * A stream as an async iterable. The iterator that platforms have themselves waits with `return()` for a pending read,
 * for ever where nothing comes. This one cancels the stream at once, and never leaves it locked.
 */
export class StreamIterable<T> implements AsyncIterable<T> {
  constructor(private readonly stream: ReadableStreamInput<T>) {}

  [Symbol.asyncIterator](): AsyncIterator<T> {
    const reader = this.open();
    return {
      async next() {
        try {
          const result = await reader.read();
          if (result.done) reader.releaseLock();
          return result as IteratorResult<T>;
        } catch (error) {
          reader.releaseLock();
          throw error;
        }
      },
      async return() {
        let cancelled;
        try {
          cancelled = reader.cancel();
        } finally {
          reader.releaseLock(); // a pending read has been answered by the cancelling
        }
        await cancelled;
        return { done: true, value: undefined };
      },
    };
  }

  private open(): ReturnType<ReadableStreamInput<T>['getReader']> {
    const reader = this.stream.getReader();
    try {
      spend(this.stream, 'a stream');
    } catch (error) {
      reader.releaseLock();
      throw error;
    }
    return reader;
  }
}

/** Whether it is a WHATWG stream, or reads like one. */
export function isReadableStream<T>(value: unknown): value is ReadableStreamInput<T> {
  if (typeof value !== 'object' || value === null || !('getReader' in value)) return false;
  return typeof value.getReader === 'function';
}
