import { finished, type Readable } from 'node:stream';

/** A body that is sent piece by piece. It may use what belongs to its request until it has closed. */
export class SentBody {
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

  /**
   * The response is over: whatever is left of the body is of no use to anybody. Nothing where it has ended. Resolves when the
   * stream has closed, however.
   */
  stop(): Promise<void> {
    this.stream.destroy();
    return this.closed;
  }
}
