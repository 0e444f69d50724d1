import type { PathLike } from 'node:fs';

import { fromAsyncIterable, type AskableObservable } from '../../interop/index.js';
import { checkWhole } from '../../internal/check.js';
import { chunksOf, openedFrom, type FileReader } from './file-chunks.js';

/** Options of {@link readChunks}. */
export interface ReadChunksOptions {
  /** How many bytes a chunk has; the last one may have fewer. Default 65,536. */
  readonly chunkSize?: number;
  /** The first byte that is read. Default: 0; of an open file, where it stands, and `end` counts from there. */
  readonly start?: number;
  /** The last byte that is read, that one included, as for Node's `createReadStream`. Default: the last. */
  readonly end?: number;
}

/**
 * A file in chunks of one size, read when they are asked for.
 *
 *     file        aaaaaaaabbbbbbbbcc
 *     readChunks  --aaaaaaaa--bbbbbbbb--cc--|       (| the file is closed)
 *
 * Use it for files that are too big to be read at once. {@link readLines} is for text; {@link fromReadable} is for what may
 * keep a reader waiting, such as pipes, terminals and sockets.
 *
 * **Guarantees.** Nothing is opened before somebody subscribes, and each subscription reads for itself. One chunk is read
 * at a time, the next when the consumer's handler has returned; `pull`, `for await` and `toAsyncIterable` ask for one after
 * the other, and nothing is read ahead. Each chunk but the last has exactly `chunkSize` bytes, in memory of its own. An
 * open file (`file`, `tempFile`) is lent and stays open; with `start` its own position does not move.
 *
 * **Cancellation.** Leaving closes the file, after the read that is under way, which Node cannot take back. That is a
 * background release: an enclosing scope, `awaitRelease` and `consume` wait for it.
 *
 * **Errors.** Those of opening, reading and closing, as they are; two of them as a `SuppressedError` (law 9). A
 * `TypeError` or `RangeError`, at the call, for bad arguments.
 *
 * @example
 * ```ts
 * import { map, toArray } from 'rxjs';
 * import { lastValue, pull, using } from 'rxscope';
 * import { readChunks, tempFile } from 'rxscope/node';
 *
 * const texts = using(tempFile(), async ({ path, handle }) => {
 *   await handle.write('ten bytes.');
 *   const work = pull(readChunks(path, { chunkSize: 4 }), async (chunk) => chunk.toString());
 *   return lastValue(work.pipe(toArray()));
 * });
 * await lastValue(texts); // => ['ten ', 'byte', 's.']
 * ```
 */
export function readChunks(source: PathLike | FileReader, options: ReadChunksOptions = {}): AskableObservable<Buffer> {
  const open = openChunks(source, options);
  return fromAsyncIterable(({ signal }) => open(signal));
}

/** The same as a function that starts to read anew; refuses bad arguments when it is made. */
export function openChunks(
  source: PathLike | FileReader,
  options: ReadChunksOptions,
): (signal: AbortSignal) => AsyncGenerator<Buffer, void, undefined> {
  const { chunkSize = 65_536, start, end = Number.MAX_SAFE_INTEGER } = options;
  checkWhole(chunkSize, 'chunkSize', 1, 2 ** 31 - 1);
  if (start !== undefined) checkWhole(start, 'start', 0, Number.MAX_SAFE_INTEGER);
  checkWhole(end, 'end', (start ?? 0) - 1, Number.MAX_SAFE_INTEGER);
  const opened = openedFrom(source);
  const range = { chunkSize, start: start ?? null, length: end - (start ?? 0) + 1 };
  return (signal) => chunksOf(opened, range, signal);
}
