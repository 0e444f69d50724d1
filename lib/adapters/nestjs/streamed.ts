import { finished, type Readable } from 'node:stream';

/** An answer that is sent piece by piece. It may use what belongs to its request until it has closed. */
export class Streamed {
  /** Resolves when the stream has closed, however. */
  private readonly closed: Promise<void>;

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

  /** The response is over: whatever is left is of no use to anybody. Nothing where it has ended. */
  stop(): Promise<void> {
    this.stream.destroy();
    return this.closed;
  }
}

/** The stream that a `StreamableFile` holds. Null for any other answer. */
export function streamOf(value: unknown): Readable | null {
  const file = value as { readonly getStream?: unknown } | null | undefined;
  if (typeof file !== 'object' || typeof file?.getStream !== 'function') return null;
  return (file as { getStream(): Readable }).getStream();
}
