import type { PathLike } from 'node:fs';
import { open, rename, type FileHandle } from 'node:fs/promises';

import { lastValue, scoped, using, type NamedOptions, type Resource } from '../../core/index.js';
import { checkWhole } from '../../internal/check.js';
import { file } from './file.js';
import { joinPath, pathOf } from './file-path.js';
import { namedAs } from './named-as.js';
import { findReplaced, keepOwner } from './replaced-file.js';
import { removePath } from './remove-path.js';
import { uniqueName } from './unique-name.js';

/** Options of {@link atomicFile}. */
export interface AtomicFileOptions extends NamedOptions {
  /** Permissions of the new file, whatever the umask. Default: those of the file it replaces, else `0o666` less the umask. */
  readonly mode?: number;
}

/**
 * A file written as a whole or not at all. The handle is a draft beside it, open to read and write, that takes its place
 * where the scope completes and is removed where it fails or is left.
 *
 *     body      --write--write--|
 *     the file  old old old old old  flush, rename  new
 *
 * Use it for whatever must never be seen half written: configuration, state, exports.
 *
 * **Guarantees.** At any time, a `SIGKILL` or a power failure included, there is the old file or the new one, each whole. On
 * completion the draft is flushed to the disk, closed, renamed, and the directory flushed; the end waits for all that. The
 * draft is in the same directory, with a name that cannot be foreseen, and has the permissions and, where allowed, the
 * owner of the file it replaces. A link is followed, and what it points to replaced. A draft that the body has closed itself,
 * as `handle.createWriteStream()` does, is flushed all the same. Of two at a time for one path the later completion wins.
 * What a `SIGKILL` leaves behind is called `.rxscope-….tmp`.
 *
 * **Cancellation.** Leaving closes and removes the draft; the old file stays.
 *
 * **Errors.** Those of the file system, as they are, the old file being untouched; only where flushing the directory fails
 * has the new one taken its place. What comes on top, as when the draft cannot be removed either, is a `SuppressedError` (law 9). A
 * `TypeError` while entering for a path that is neither free nor a file; one or a `RangeError`, at the call, for bad
 * arguments. The order of steps is that of SQLite's and LevelDB's commits.
 *
 * @example
 * ```ts
 * import { readFile } from 'node:fs/promises';
 * import { lastValue, using } from 'rxscope';
 * import { atomicFile, tempDir } from 'rxscope/node';
 *
 * const text = using(tempDir(), async (directory) => {
 *   const path = `${directory}/settings.json`;
 *   await lastValue(using(atomicFile(path), (draft) => draft.writeFile('{"theme":"dark"}')));
 *   return readFile(path, 'utf8');
 * });
 * await lastValue(text); // => '{"theme":"dark"}'
 * ```
 */
export function atomicFile(path: PathLike, options: AtomicFileOptions = {}): Resource<FileHandle> {
  const { mode } = options;
  const target = pathOf(path);
  if (mode !== undefined) checkWhole(mode, 'mode', 0, 0o7777);
  const made = scoped(async (stack) => {
    const replaced = await findReplaced(target);
    const draft = joinPath(replaced.directory, uniqueName('.rxscope-', '.tmp'));
    const wanted = mode ?? replaced.mode;
    const handle = await open(draft, 'wx+', wanted === null ? 0o666 : 0o600);
    // The last one first: each step is taken only where those before it have succeeded.
    stack.defer(() => removePath(draft, { recursive: false })); // there is nothing where it has been renamed
    stack.push((exit) => (exit.kind === 'complete' ? putInPlace(draft, replaced.path, replaced.directory) : undefined));
    stack.adopt(handle, (own) => own.close());
    stack.push((exit) => (exit.kind === 'complete' ? flush(handle, draft) : undefined));
    await keepOwner(handle, replaced);
    if (wanted !== null) await handle.chmod(wanted);
    return handle;
  });
  return namedAs(made, 'atomic file', options);
}

async function flush(handle: FileHandle, path: Buffer): Promise<void> {
  if (handle.fd === -1)
    await flushPath(path); // the body has closed it
  else await handle.sync();
}

async function putInPlace(draft: Buffer, path: Buffer, directory: Buffer): Promise<void> {
  await rename(draft, path);
  if (!isWindows()) await flushPath(directory); // Windows opens no directories
}

async function flushPath(path: Buffer): Promise<void> {
  const flags = isWindows() ? 'r+' : 'r'; // Windows flushes only what may be written
  await lastValue(using(file(path, { flags }), (handle) => handle.sync()));
}

function isWindows(): boolean {
  return process.platform === 'win32';
}
