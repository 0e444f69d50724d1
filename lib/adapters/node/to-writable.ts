import type { Writable } from 'node:stream';

import type { Observable } from 'rxjs';

import { resource, using } from '../../core/index.js';
import { Sink } from './sink.js';
import { checkStream } from './taken-stream.js';

/** Options of {@link toWritable}. */
export interface WritableOptions {
  /**
   * Whether the stream is ended with the source, and destroyed where the source fails or is left. Default `true`. With
   * `false` it is only lent, and left open in any case, as by Node's `pipeline`.
   */
  readonly end?: boolean;
}

/**
 * Writes every value to a Node stream, no faster than it takes them, and completes when they have arrived.
 *
 *     source      --a--b------c|
 *     stream        [a    ][b    ][c    ]  x      ([a ] until it takes more, x closed)
 *     toWritable  ----------------------------|
 *
 * Use it for files, sockets, responses, standard output and transforms.
 *
 * **Guarantees.** After a `write()` that answers `false` it waits for `'drain'`. An (async) iterable is asked for its next
 * value only then, so that no more is held than the stream's `highWaterMark`; so is what {@link fromReadable} answers.
 * Any other observable cannot be held back: what it emits meanwhile waits in memory, without a limit. Pass the
 * iterable it was made from, or `pull` it. Completion comes when all is written, after `'finish'`, and
 * after `'close'` where the stream closes itself. A socket whose other side is still being read stays open, unless it was
 * made by the function passed here; then what nobody reads of it is dropped, and it is closed.
 *
 * **Cancellation.** Unsubscribing leaves the source and destroys the stream, at once. It counts as a background release
 * until `'close'`.
 *
 * **Errors.** When the source fails, the stream is destroyed with its error, which passes on after `'close'`. When the
 * stream fails, the source is left and the stream's error passes on as it is. Closed from elsewhere it fails with Node's
 * `ERR_STREAM_PREMATURE_CLOSE`, or with the error of a write that came to nothing. A `TypeError`, at the call, for what is
 * no stream.
 *
 * @example
 * ```ts
 * import { Readable } from 'node:stream';
 * import { createGunzip, createGzip } from 'node:zlib';
 * import { merge, toArray } from 'rxjs';
 * import { lastValue } from 'rxscope';
 * import { fromReadable, toWritable } from 'rxscope/node';
 *
 * const gunzip = createGunzip().setEncoding('utf8');
 * const packed = fromReadable(Readable.from(['some ', 'text']).pipe(createGzip()));
 * const unpacked = merge(toWritable(packed, gunzip), fromReadable<string>(gunzip)).pipe(toArray());
 * (await lastValue(unpacked)).join(''); // => 'some text'
 * ```
 */
export function toWritable<T>(
  source: Observable<T> | AsyncIterable<T> | Iterable<T>,
  writable: Writable | (() => Writable),
  { end = true }: WritableOptions = {},
): Observable<never> {
  checkStream(writable, 'write', 'Writable');
  const sink = resource({
    name: 'writable',
    acquire: () =>
      typeof writable === 'function' ? new Sink<T>(writable(), true, end) : new Sink<T>(writable, false, end),
    release: (taken, exit) => taken.release(exit),
  });
  return using(sink, (taken) => taken.writeAll(source));
}
