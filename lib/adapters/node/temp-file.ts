import { open, type FileHandle } from 'node:fs/promises';

import { scoped, type Resource } from '../../core/index.js';
import { checkWhole } from '../../internal/check.js';
import { namedAs } from './named-as.js';
import { tempPlace, type TempOptions } from './temp-options.js';

/** Options of {@link tempFile}. */
export interface TempFileOptions extends TempOptions {
  /** Permissions, less the process's umask. Default `0o600`: nobody but its owner. */
  readonly mode?: number;
}

/** A file that goes away: where it is, and open to read and write. */
export interface TempFile {
  readonly path: string;
  readonly handle: FileHandle;
}

/**
 * A new file, open to read and write, that is closed and removed with its scope.
 *
 * **Guarantees.** Its name cannot be foreseen (128 bits of chance), nothing that is there is opened or followed, and
 * nobody but its owner may read it. Where the scope ends, however it ends, the file is closed, then removed, and the end
 * waits for both; removed also where closing fails. One that is gone already is fine, and one that cannot be removed
 * just now (`EBUSY`, `ENOTEMPTY`, `EPERM`) is tried again for about 1.5 s. No signal is listened to: what a signal should clean up
 * is up to whoever handles it, such as {@link lifespan}. `SIGKILL` leaves the file.
 *
 * **Cancellation.** As for {@link file}: a file that was made after its consumer had left is closed and removed, never shown.
 *
 * **Errors.** Those of opening, closing and removing, as they are; two of them as a `SuppressedError` (law 9). A `TypeError`
 * or `RangeError`, at the call, for bad options. Follows Python's `tempfile.NamedTemporaryFile`.
 *
 * @example
 * ```ts
 * import { existsSync } from 'node:fs';
 * import { lastValue, using } from 'rxscope';
 * import { tempFile } from 'rxscope/node';
 *
 * const path = await lastValue(
 *   using(tempFile({ suffix: '.txt' }), async ({ path, handle }) => {
 *     await handle.writeFile('for a while');
 *     return path;
 *   }),
 * );
 * [path.endsWith('.txt'), existsSync(path)]; // => [true, false]
 * ```
 */
export function tempFile(options: TempFileOptions = {}): Resource<TempFile> {
  const { mode = 0o600 } = options;
  checkWhole(mode, 'mode', 0, 0o777);
  const place = tempPlace(options, false);
  const made = scoped(async (stack) => {
    const path = await place.newPath();
    const handle = await open(path, 'wx+', mode); // exclusive: fails where there is anything, a link included
    place.removeWith(stack, path);
    stack.adopt(handle, (own) => own.close());
    return { path, handle };
  });
  return namedAs(made, 'temp file', options);
}
