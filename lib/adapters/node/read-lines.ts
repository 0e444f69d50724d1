import type { PathLike } from 'node:fs';
import { StringDecoder } from 'node:string_decoder';

import { CapacityError } from '../../core/index.js';
import { fromAsyncIterable, type AskableObservable } from '../../interop/index.js';
import { checkWhole } from '../../internal/check.js';
import { LineSplitter } from '../../internal/line-splitter.js';
import { SplitText } from '../../internal/split-text.js';
import type { FileReader } from './file-chunks.js';
import { openChunks, type ReadChunksOptions } from './read-chunks.js';

/** Options of {@link readLines}. */
export interface ReadLinesOptions extends ReadChunksOptions {
  /** How bytes are made text. What is not valid in it becomes U+FFFD. Default `'utf8'`. */
  readonly encoding?: BufferEncoding;
  /** How many characters (UTF-16 code units) a line may have. Default 16,777,216. */
  readonly maxLength?: number;
}

/**
 * The lines of a text file, without their ends, read when they are asked for.
 *
 *     file       one \n two \r\n three
 *     readLines  --one--two--three--|       (| the file is closed)
 *
 * Use it for logs, CSV and JSON lines. For sockets and pipes see {@link fromReadable}.
 *
 * **Guarantees.** A line ends in `\n` or `\r\n`; a `\r` elsewhere belongs to it. Text after the last `\n` is a line, nothing
 * after it is none. Characters of several bytes are put together across chunks. A byte order mark is left where it is. No
 * more is held than `maxLength` characters and one chunk, read when its lines are used up; everything else is as
 * for {@link readChunks}, demand, an open file that is lent, `start` and `end` in bytes.
 *
 * **Cancellation.** As for {@link readChunks}: the file is closed, which enclosing scopes wait for.
 *
 * **Errors.** A `CapacityError` for a line that is longer than `maxLength`, after the lines before it, with the file closed
 * and nothing read beyond; those of opening, reading and closing, as they are. A `TypeError` or `RangeError`, at the call, for
 * bad arguments. Lines are cut as Python's text files cut them with `newline='\n'`, and `\r` taken off.
 *
 * @example
 * ```ts
 * import { filter, take, toArray } from 'rxjs';
 * import { lastValue } from 'rxscope';
 * import { readLines } from 'rxscope/node';
 *
 * const names = readLines('package.json').pipe(filter((line) => line.includes('"name"')), take(1), toArray());
 * await lastValue(names); // => ['  "name": "rxscope",']
 * ```
 */
export function readLines(source: PathLike | FileReader, options: ReadLinesOptions = {}): AskableObservable<string> {
  const { encoding = 'utf8', maxLength = 2 ** 24, ...range } = options;
  checkWhole(maxLength, 'maxLength', 1, Number.MAX_SAFE_INTEGER);
  if (!Buffer.isEncoding(encoding)) {
    throw new TypeError(`Expected encoding to be one that Node knows, such as 'utf8', received ${String(encoding)}.`);
  }
  const open = openChunks(source, range);
  return fromAsyncIterable(({ signal }) => ({
    [Symbol.asyncIterator]: () => {
      const decoder = new StringDecoder(encoding);
      const decode = (bytes?: Uint8Array): string => (bytes === undefined ? decoder.end() : decoder.write(bytes));
      return new SplitText(open(signal), decode, new LineSplitter('lf', maxLength, tooLong));
    },
  }));

  function tooLong(line: number): CapacityError {
    const message = `Line ${String(line)} is longer than ${String(maxLength)} characters. Raise maxLength, or read the file by readChunks().`;
    return new CapacityError(message, { resource: 'file' });
  }
}
