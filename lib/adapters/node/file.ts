import type { PathLike } from 'node:fs';
import { open, type FileHandle } from 'node:fs/promises';

import { resource, type NamedOptions, type Resource } from '../../core/index.js';
import { checkWhole } from '../../internal/check.js';
import { pathOf } from './file-path.js';

/** Options of {@link file}. */
export interface FileOptions extends NamedOptions {
  /** How it is opened, as by Node's `open`. Default `'r'`: to read, and it has to be there. */
  readonly flags?: string | number;
  /** Permissions of a file that is created, less the process's umask. Default `0o666`. */
  readonly mode?: number;
}

/**
 * An open file: the `FileHandle` of `node:fs/promises`, closed with its scope.
 *
 * Use it to read and write at will. {@link readChunks} and {@link readLines} read from start to end, {@link atomicFile}
 * replaces a file as a whole, {@link tempFile} makes one that goes away.
 *
 * **Guarantees.** Opened anew for each scope, when that is entered. Closing is awaited before the end goes on, and waits
 * itself for reads and writes that are under way. A handle that the body has closed is left alone.
 *
 * **Cancellation.** Node cannot take back an open: a handle that comes after its consumer has left is closed, never shown.
 *
 * **Errors.** What Node's `open` and `close` fail with, as it is. A `TypeError` or `RangeError`, at the call, for what is no
 * path or no mode. Follows Python's `aiofiles.open` under `async with`.
 *
 * @example
 * ```ts
 * import { lastValue, using } from 'rxscope';
 * import { file } from 'rxscope/node';
 *
 * const start = using(file('package.json'), async (handle) => {
 *   const { buffer } = await handle.read(Buffer.alloc(1), 0, 1, 0);
 *   return buffer.toString();
 * });
 * await lastValue(start); // => '{'
 * ```
 */
export function file(path: PathLike, options: FileOptions = {}): Resource<FileHandle> {
  const { flags = 'r', mode = 0o666, ...named } = options;
  const where = pathOf(path);
  checkWhole(mode, 'mode', 0, 0o7777);
  return resource({
    name: 'file',
    ...named,
    acquire: () => open(where, flags, mode),
    release: (handle) => handle.close(),
  });
}
