import { realpath, stat, type FileHandle } from 'node:fs/promises';

import { joinPath, splitPath } from './file-path.js';

/** What is to be replaced: where it really is, and what of it is kept. */
export interface ReplacedFile {
  readonly path: Buffer;
  readonly directory: Buffer;
  /** Null where there is none yet. */
  readonly mode: number | null;
  readonly uid: number | null;
  readonly gid: number | null;
}

/** Follows links. Refuses what is there and no file: a device would be replaced by a file, a directory not at all. */
export async function findReplaced(target: string | Buffer): Promise<ReplacedFile> {
  const path = await whereItIs(target);
  const found = await unlessMissing(stat(path));
  if (found !== null && !found.isFile()) {
    throw new TypeError(`Expected a file to replace, or none: "${path.toString()}" is something else.`);
  }
  const [directory] = splitPath(path);
  const { mode = null, uid = null, gid = null } = found ?? {};
  return { path, directory, mode: mode === null ? null : mode & 0o7777, uid, gid };
}

/** Gives a file the owner of the one it replaces, where that is another one and the process may do so. */
export async function keepOwner(handle: FileHandle, { uid, gid }: ReplacedFile): Promise<void> {
  if (uid === null || gid === null) return;
  const own = await handle.stat();
  if (own.uid === uid && own.gid === gid) return;
  try {
    await handle.chown(uid, gid);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EPERM') throw error;
  }
}

async function whereItIs(target: string | Buffer): Promise<Buffer> {
  const found = await unlessMissing(realpath(target, 'buffer'));
  if (found !== null) return found;
  const [directory, name] = splitPath(target);
  return joinPath(await realpath(directory, 'buffer'), name);
}

async function unlessMissing<T>(promise: Promise<T>): Promise<T | null> {
  try {
    return await promise;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return null;
    throw error;
  }
}
