import type { Readable } from 'node:stream';

/** The stream that a `StreamableFile` holds. Null for any other answer. */
export function fileStream(value: unknown): Readable | null {
  const file = value as { readonly getStream?: unknown } | null | undefined;
  if (typeof file !== 'object' || typeof file?.getStream !== 'function') return null;
  return (file as { getStream(): Readable }).getStream();
}
