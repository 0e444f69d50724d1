import type { Readable } from 'node:stream';

import type { Observable } from 'rxjs';

import { fromAsyncIterable } from '../../interop/index.js';
import { ReadableIterator } from './readable-iterator.js';
import { checkStream } from './taken-stream.js';

/**
 * The chunks of a Node stream as an observable, and as an async iterable to be asked for them one by one.
 *
 *     stream        --a--b-------|  x         (x closed)
 *     fromReadable  --a--b----------|
 *
 * Use it for files, sockets, requests, pipes of child processes and transforms. Hand it to {@link toWritable} or `pull`
 * as it is, without operators in between, where the consumer takes longer than the stream: it is read as they ask.
 *
 * **Guarantees.** One chunk is read at a time, the next when the consumer's handler has returned; what Node reads ahead
 * is the stream's `highWaterMark`. Completion comes after `'end'`, and after `'close'` where the stream closes itself.
 * A socket whose other side is still being written stays open, unless it was made by the function passed here. Given a
 * function, each subscription opens a stream of its own. No listener is left behind.
 *
 * **Cancellation.** Unsubscribing destroys the stream, at once, also while a chunk is awaited. It counts as a
 * background release until `'close'`: an enclosing scope, `awaitRelease` and `consume` wait for that. Destroying reaches what
 * a stream was made of by `pipeline`, not by `pipe`. A stream with `emitClose: false` never tells that it has closed.
 *
 * **Errors.** The stream's, as they are; Node's `ERR_STREAM_PREMATURE_CLOSE` where it closes before its end. What
 * destroying fails with goes to whoever waits for the release, else to `config.onUnhandledError`. A `TypeError`
 * for a stream that has been read or destroyed before, and, at the call, for what is no stream.
 *
 * The type of the chunks is up to the stream: `Buffer`, `string` with an encoding, anything in object mode. Bytes or text
 * that has come in meanwhile arrives in one piece, as in a `for await` loop.
 *
 * @example
 * ```ts
 * import { createReadStream } from 'node:fs';
 * import { Readable } from 'node:stream';
 * import { firstValue, lastValue } from 'rxscope';
 * import { fromReadable } from 'rxscope/node';
 * import { map, reduce } from 'rxjs';
 *
 * const lines = Readable.from(['one', 'two', 'three']);
 * const total = fromReadable<string>(lines).pipe(map((line) => line.length), reduce((sum, length) => sum + length));
 * await lastValue(total); // => 11
 *
 * const manifest = fromReadable<string>(() => createReadStream('package.json', 'utf8'));
 * (await firstValue(manifest)).slice(0, 1); // => '{'
 * ```
 */
// Node's own type of a chunk is any, too: what it is depends on the stream's encoding and mode.
// eslint-disable-next-line @typescript-eslint/no-explicit-any
export function fromReadable<T = any>(source: Readable | (() => Readable)): Observable<T> & AsyncIterable<T> {
  checkStream(source, 'read', 'Readable');
  const chunks: AsyncIterable<T> = { [Symbol.asyncIterator]: () => new ReadableIterator<T>(source) };
  return fromAsyncIterable(chunks);
}
