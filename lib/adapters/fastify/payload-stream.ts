import { Readable } from 'node:stream';
import type { ReadableStream } from 'node:stream/web';

/**
 * The stream of Node that a payload is, or is read by; null where it is no stream. A web stream does not tell when it has
 * been cancelled, one of Node does.
 */
export function payloadStream(payload: unknown): Readable | null {
  if (typeof payload !== 'object' || payload === null) return null;
  if ('destroy' in payload && 'pipe' in payload) return payload as Readable;
  return 'getReader' in payload && !(payload as ReadableStream).locked
    ? Readable.fromWeb(payload as ReadableStream)
    : null;
}
