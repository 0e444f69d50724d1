import type { SchedulerLike } from 'rxjs';

import { LONGEST_DELAY } from '../../internal/clock.js';
import { BodyTimeoutError } from './errors.js';
import type { FetchedBody, FetchedReader } from './fetch-port.js';
import { networkFailure, type ShownRequest } from './network-failure.js';

/** How much of a body that nobody wants is read all the same, so that its connection can be used again. */
const DRAINED_BYTES = 65_536;
const DRAINED_TIME = 500; // ms

/** What a body is read with. */
export interface BodyReaderOptions {
  readonly body: FetchedBody | null;
  /** What the server says of its length; null where it does not. */
  readonly length: number | null;
  /** Milliseconds between two chunks. */
  readonly due: number;
  readonly controller: AbortController;
  readonly shown: ShownRequest;
  readonly scheduler: SchedulerLike;
}

type Chunk = IteratorResult<Uint8Array, undefined>;
const DONE: Chunk = { done: true, value: undefined };

/** The body of a response, read once, chunk by chunk, by whoever takes it. */
export class BodyReader implements AsyncIterator<Uint8Array, undefined> {
  private readonly reader: FetchedReader | null;
  private state: 'open' | 'over' = 'open';
  private isTaken = false;
  /** Nobody is interested in what a read that is pending fails with. */
  private isLeft = false;
  private reads = 0;
  private received = 0;

  constructor(private readonly options: BodyReaderOptions) {
    this.reader = options.body?.getReader() ?? null;
    if (this.reader === null) this.state = 'over';
  }

  /** For one who reads it. There is one body. */
  take(): this {
    if (this.isTaken) {
      const { method, url } = this.options.shown;
      throw new TypeError(`The body of ${method} ${url} has been read, and there is only one.`);
    }
    this.isTaken = true;
    return this;
  }

  async next(): Promise<Chunk> {
    const { controller, due, scheduler } = this.options;
    if (this.state === 'over' || this.reader === null) {
      if (controller.signal.aborted) throw controller.signal.reason;
      return DONE;
    }
    const late = due > LONGEST_DELAY ? null : scheduler.schedule(this.late, due);
    this.reads++;
    try {
      const { done, value } = await this.reader.read();
      if (done) this.state = 'over';
      if (done && controller.signal.aborted && !this.isLeft) throw controller.signal.reason;
      if (done) return DONE;
      const chunk = value as Uint8Array;
      this.received += chunk.byteLength;
      return { done: false, value: chunk };
    } catch (error) {
      this.state = 'over';
      if (this.isLeft) return DONE;
      throw controller.signal.aborted ? controller.signal.reason : networkFailure(error, this.options.shown, null);
    } finally {
      this.reads--;
      late?.unsubscribe();
    }
  }

  async return(): Promise<Chunk> {
    this.isLeft = true;
    await this.cancel(undefined);
    return DONE;
  }

  /** Breaks it off, and its connection with it where something is left. */
  async cancel(reason: unknown): Promise<void> {
    if (this.state === 'over') return;
    this.state = 'over';
    this.options.controller.abort(reason);
    try {
      await this.reader?.cancel(reason);
    } catch {
      // it was broken already
    }
  }

  /** Reads what little is left, so that the connection can be used again; breaks it off where it is more (H1). */
  async drain(): Promise<void> {
    this.isTaken = true; // who comes now would read an empty one
    const { length, scheduler } = this.options;
    const isLong = length !== null && length - this.received > DRAINED_BYTES;
    if (!isLong && this.reads === 0 && this.state === 'open') {
      const late = scheduler.schedule(() => void this.cancel(undefined), DRAINED_TIME);
      const end = this.received + DRAINED_BYTES;
      try {
        while (this.received <= end && (await this.next()).done !== true);
      } catch {
        // nobody wants it
      } finally {
        late.unsubscribe();
      }
    }
    await this.cancel(undefined);
  }

  private readonly late = (): void => {
    const { due, shown, controller } = this.options;
    const message = `${shown.method} ${shown.url}: nothing more of the body came within ${String(due)} ms.`;
    const error = new BodyTimeoutError(message, { ...shown, due });
    controller.abort(error);
    // A stand-in for fetch may not listen to the signal of a body.
    this.reader?.cancel(error).then(undefined, () => undefined);
  };
}
