import { Readable, Writable } from 'node:stream';

/** How many listeners a stream has for each event, without events that have none. */
export function listenersOf(stream: Readable | Writable): Record<string, number> {
  return Object.fromEntries(stream.eventNames().map((name) => [String(name), stream.listenerCount(name)]));
}

/** A stream in object mode that counts how often it was asked for the next number. */
export class CountingReadable extends Readable {
  asked = 0;

  constructor(
    private readonly end = Infinity,
    highWaterMark = 1,
  ) {
    super({ objectMode: true, highWaterMark });
  }

  override _read(): void {
    this.push(this.asked < this.end ? this.asked++ : null);
  }
}

/** A stream in object mode whose writes are finished by hand. */
export class HeldWritable extends Writable {
  readonly written: unknown[] = [];
  /** Emitted when a write answers that it is enough. */
  static readonly full = Symbol('full');
  private release: ((error?: Error) => void) | null = null;

  constructor(highWaterMark = 1) {
    super({ objectMode: true, highWaterMark });
  }

  override _write(chunk: unknown, _encoding: BufferEncoding, callback: (error?: Error | null) => void): void {
    this.written.push(chunk);
    this.release = callback;
  }

  override write(...args: unknown[]): boolean {
    const takesMore = super.write(...(args as [unknown, BufferEncoding]));
    if (!takesMore) this.emit(HeldWritable.full);
    return takesMore;
  }

  /** Finishes the write that is going on. */
  finishOne(error?: Error): void {
    const { release } = this;
    this.release = null;
    release?.(error);
  }
}
