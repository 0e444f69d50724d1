import type { PathLike } from 'node:fs';
import { basename, dirname, sep } from 'node:path';
import { fileURLToPath } from 'node:url';
import { isUint8Array } from 'node:util/types';

/** The path of a file as Node takes it, with a URL made a path. Refuses what is none, where the caller hands it in. */
export function pathOf(path: PathLike): string | Buffer {
  if (typeof path === 'string') return path;
  if (isUint8Array(path)) return Buffer.from(path.buffer, path.byteOffset, path.byteLength);
  if (isUrl(path)) return fileURLToPath(path); // throws for one that names no file
  throw new TypeError(
    `Expected a path, as a string, a file URL or a Buffer, received ${(path as unknown) === null ? 'null' : typeof path}.`,
  );
}

/** The directory that a file is in, and its name there. Bytes, because a name need not be text. */
export function splitPath(path: string | Buffer): readonly [directory: Buffer, name: Buffer] {
  const text = Buffer.from(path).toString('latin1'); // a character for each byte, and back
  return [Buffer.from(dirname(text), 'latin1'), Buffer.from(basename(text), 'latin1')];
}

export function joinPath(directory: Buffer, name: string | Buffer): Buffer {
  return Buffer.concat([directory, Buffer.from(sep), Buffer.from(name)]);
}

/** As Node tells them: a URL of another realm is one, too. */
function isUrl(value: unknown): value is URL {
  const { href, protocol } = (value ?? {}) as Partial<URL>;
  return typeof href === 'string' && typeof protocol === 'string';
}
