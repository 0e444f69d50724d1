import { mkdir } from 'node:fs/promises';

import { scoped, type Resource } from '../../core/index.js';
import { namedAs } from './named-as.js';
import { tempPlace, type TempOptions } from './temp-options.js';

/**
 * A new directory that is removed with its scope, with all that is in it by then. The handle is its path.
 *
 * **Guarantees.** As for {@link tempFile}: the name cannot be foreseen, nobody but its owner may enter it, and the end
 * waits for the removal, however the scope ends. Links are removed, not what they point to; nothing outside of the path
 * is touched. What is gone already is fine, and what is busy or written into meanwhile is tried again for about 1.5 s. No
 * signal is listened to.
 *
 * **Cancellation.** A directory that was made after its consumer had left is removed, never shown.
 *
 * **Errors.** Those of making and removing, as they are. A `TypeError`, at the call, for bad options. Follows Python's
 * `tempfile.TemporaryDirectory`.
 *
 * @example
 * ```ts
 * import { existsSync } from 'node:fs';
 * import { writeFile } from 'node:fs/promises';
 * import { lastValue, using } from 'rxscope';
 * import { tempDir } from 'rxscope/node';
 *
 * const path = await lastValue(
 *   using(tempDir({ prefix: 'export-' }), async (path) => {
 *     await writeFile(`${path}/cities.csv`, 'name,country');
 *     return path;
 *   }),
 * );
 * existsSync(path); // => false
 * ```
 */
export function tempDir(options: TempOptions = {}): Resource<string> {
  const place = tempPlace(options, true);
  const made = scoped(async (stack) => {
    const path = await place.newPath();
    await mkdir(path, 0o700); // fails where there is anything, a link included
    place.removeWith(stack, path);
    return path;
  });
  return namedAs(made, 'temp dir', options);
}
