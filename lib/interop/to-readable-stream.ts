import { isObservable, type Observable } from 'rxjs';

import { checkCount, kindOf } from '../internal/check.js';
import { isAsyncIterable } from '../core/observable-input.js';
import { toAsyncIterable } from './to-async-iterable.js';

/** Options of {@link toReadableStream}. */
export interface ReadableStreamOptions {
  /** How many chunks are got ready before they are read. Default 0: nothing is subscribed before the first read. */
  readonly highWaterMark?: number;
}

/**
 * An observable or an async iterable as a WHATWG stream, for `new Response(…)`, `pipeTo` and everything else that reads one.
 *
 * **Guarantees.** The stream's queue never holds more than `highWaterMark` chunks. What can be asked, an async iterable or
 * {@link Pages}, is asked for the next chunk only when there is room for it. An observable cannot be held back: its values
 * wait, as many as there are. For a limit pass `toAsyncIterable(observable, { highWaterMark, overflow })` instead.
 *
 * **Cancellation.** `cancel()` leaves the source at once, and settles after the releases upstream; so do completion and
 * errors. **Errors.** The source's, after its values; the reader gets them. `RangeError` and `TypeError` for wrong arguments.
 *
 * @example
 * ```ts
 * import { of } from 'rxjs';
 * import { toReadableStream } from 'rxscope';
 *
 * const words = toReadableStream(of('to', 'be')).pipeThrough(new TextEncoderStream());
 * await new Response(words).text(); // => 'tobe'
 * ```
 */
export function toReadableStream<T>(
  source: Observable<T> | AsyncIterable<T>,
  options: ReadableStreamOptions = {},
): ReadableStream<T> {
  const { highWaterMark = 0 } = options;
  checkCount(highWaterMark, 'highWaterMark', 0);
  const size = Math.min(highWaterMark, Number.MAX_SAFE_INTEGER); // an infinite one would not tell whether chunks wait
  return new ReadableStream<T>(new Chunks(iterableOf(source)[Symbol.asyncIterator](), size), { highWaterMark: size });
}

/** What a stream asks for its chunks. */
class Chunks<T> implements UnderlyingDefaultSource<T> {
  private failure: { readonly error: unknown } | null = null;
  private isCancelled = false;

  constructor(
    private readonly iterator: AsyncIterator<T>,
    private readonly size: number,
  ) {}

  async pull(controller: ReadableStreamDefaultController<T>): Promise<void> {
    if (this.failure === null) await this.ask(controller);
    // A stream that fails forgets the chunks that wait in it, so it does not fail before they have been read.
    if (this.failure !== null && controller.desiredSize === this.size) throw this.failure.error;
  }

  async cancel(): Promise<void> {
    this.isCancelled = true;
    await this.iterator.return?.();
  }

  private async ask(controller: ReadableStreamDefaultController<T>): Promise<void> {
    try {
      const result = await this.iterator.next();
      if (this.isCancelled) return;
      if (result.done === true) controller.close();
      else controller.enqueue(result.value);
    } catch (error) {
      this.failure = { error };
    }
  }
}

function iterableOf<T>(source: Observable<T> | AsyncIterable<T>): AsyncIterable<T> {
  if (isAsyncIterable<T>(source)) return source;
  if (isObservable(source)) return toAsyncIterable(source);
  throw new TypeError(`Expected an observable or an async iterable, received ${kindOf(source)}.`);
}
