import { finished, Readable } from 'node:stream';
import type { ReadableStream } from 'node:stream/web';

/** A body that is sent piece by piece. It may use what belongs to its request until it has closed. */
export class SentPayload {
  /** Resolves when the stream has closed, however. */
  readonly closed: Promise<void>;

  /** `onFailure` is told what the stream itself has failed with. */
  constructor(
    private readonly stream: Readable,
    onFailure: (error: unknown) => void,
  ) {
    this.closed = new Promise((resolve) => {
      finished(stream, { writable: false }, () => {
        if (stream.errored != null) onFailure(stream.errored);
        resolve();
      });
    });
  }

  /** The response is over: whatever is left of the body is of no use to anybody. Nothing where it has ended. */
  stop(): Promise<void> {
    this.stream.destroy();
    return this.closed;
  }
}

/**
 * The stream of Node that a payload is, or is read by; null where it is no stream. A web stream does not tell when it has
 * been cancelled, one of Node does.
 */
export function streamOf(payload: unknown): Readable | null {
  if (typeof payload !== 'object' || payload === null) return null;
  if ('destroy' in payload && 'pipe' in payload) return payload as Readable;
  return 'getReader' in payload && !(payload as ReadableStream).locked
    ? Readable.fromWeb(payload as ReadableStream)
    : null;
}
