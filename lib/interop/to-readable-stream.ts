import { isObservable, type Observable } from 'rxjs';

import { isAsyncIterable } from '../core/observable-input.js';
import { describe } from '../core/open-iterator.js';
import { checkCount } from './page-options.js';
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
  const iterator = iterableOf(source)[Symbol.asyncIterator]();
  return new ReadableStream<T>(
    {
      async pull(controller) {
        const result = await iterator.next();
        if (result.done === true) controller.close();
        else controller.enqueue(result.value);
      },
      async cancel() {
        await iterator.return?.();
      },
    },
    { highWaterMark },
  );
}

function iterableOf<T>(source: Observable<T> | AsyncIterable<T>): AsyncIterable<T> {
  if (isAsyncIterable<T>(source)) return source;
  if (isObservable(source)) return toAsyncIterable(source);
  throw new TypeError(`Expected an observable or an async iterable, received ${describe(source)}.`);
}
