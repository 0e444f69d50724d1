import type { Duplex, Readable, Writable } from 'node:stream';

/**
 * A stream that somebody is responsible for. From when it is taken until it is let go its errors are listened to: Node ends
 * the process over an error event that nobody listens to.
 */
export class TakenStream<S extends Readable | Writable> {
  /** What it has failed with first since it was taken; presence decides, as with an exit. */
  failure: { readonly error: unknown } | null = null;
  private readonly gone: Promise<void>;
  private onClose!: () => void;

  /** `isOwn`: made for the one who takes it, so that nobody else will close it. */
  constructor(
    readonly stream: S,
    readonly isOwn: boolean,
  ) {
    this.gone = new Promise((resolve) => {
      this.onClose = resolve;
    });
    // Asked only here: of a socket it is set before the event comes, when the connection is still being closed.
    if (stream.closed) this.onClose();
    stream.on('error', this.onError).on('close', this.onClose);
  }

  /** Resolves when it has closed, rejects where it has failed since it was taken. Somebody else has to make it close. */
  async closed(): Promise<void> {
    await this.gone;
    if (this.failure !== null) throw this.failure.error;
  }

  letGo(): void {
    this.stream.off('error', this.onError).off('close', this.onClose);
  }

  private readonly onError = (error: unknown): void => {
    this.failure ??= { error };
  };
}

/** Whether a stream has another side, to read from or to write to, that is still in use. */
export function isOpen(stream: Readable | Writable, side: 'readable' | 'writable'): stream is Duplex {
  return (stream as Partial<Duplex>)[side] === true;
}

/** Refuses what is neither a stream with that method nor a function. */
export function checkStream(source: unknown, method: 'read' | 'write', kind: 'Readable' | 'Writable'): void {
  if (typeof source === 'function') return;
  if (typeof (source as Record<string, unknown> | null | undefined)?.[method] === 'function') return;
  throw new TypeError(
    `Expected a ${kind} or a function that opens one, received ${source === null ? 'null' : typeof source}.`,
  );
}
