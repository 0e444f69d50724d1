import type { PathLike } from 'node:fs';

import { fromValue, lease, type Exit, type Resource } from '../../core/index.js';
import { file } from './file.js';

/** What is read from: what {@link readChunks} needs of the `FileHandle` of `node:fs/promises`. */
export interface FileReader {
  /** Reads up to `length` bytes, from `position` or from where the file stands. No bytes: the end. */
  read(
    buffer: Buffer,
    offset: number,
    length: number,
    position: number | null,
  ): Promise<{ readonly bytesRead: number }>;
}

/** Which part of a file is read, in pieces of which size. `start` is null for where it stands. */
export interface FileRange {
  readonly chunkSize: number;
  readonly start: number | null;
  readonly length: number;
}

/** A file by its path is opened and closed; one that is open already is only lent. */
export function openedFrom(source: PathLike | FileReader): Resource<FileReader> {
  return isReader(source) ? fromValue(source) : file(source);
}

/** Reads as it is asked, and closes what it has opened however it is left. */
export async function* chunksOf(
  opened: Resource<FileReader>,
  { chunkSize, start, length }: FileRange,
  signal: AbortSignal,
): AsyncGenerator<Buffer, void, undefined> {
  const held = await lease(opened, { signal });
  let exit: Exit = { kind: 'complete' };
  try {
    for (let done = 0; done < length; done += chunkSize) {
      const wanted = Math.min(chunkSize, length - done);
      const chunk = await filled(held.value, Buffer.allocUnsafe(wanted), start === null ? null : start + done);
      if (chunk.length > 0) yield chunk;
      if (chunk.length < wanted) break;
    }
  } catch (error) {
    exit = { kind: 'error', error };
  } finally {
    await held.release(exit); // rejects with the error, or with both where closing fails too
  }
}

/** Reads until the buffer is full or the file ends: one read may bring less than it was asked for. */
async function filled(reader: FileReader, buffer: Buffer, position: number | null): Promise<Buffer> {
  let size = 0;
  while (size < buffer.length) {
    const at = position === null ? null : position + size;
    const { bytesRead } = await reader.read(buffer, size, buffer.length - size, at);
    if (bytesRead === 0) return buffer.subarray(0, size);
    size += bytesRead;
  }
  return buffer;
}

function isReader(source: PathLike | FileReader): source is FileReader {
  return typeof (source as Partial<FileReader> | null | undefined)?.read === 'function';
}
