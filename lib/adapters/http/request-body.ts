import { isObservable, type Observable } from 'rxjs';

import { kindOf } from '../../internal/check.js';
import { fromAsyncIterable, fromReadableStream, toAsyncIterable } from '../../interop/index.js';

/** A body that arrives bit by bit: bytes, or text that is sent as UTF-8. */
export type StreamBody =
  ReadableStream<Uint8Array> | AsyncIterable<Uint8Array | string> | Observable<Uint8Array | string>;

/** What can be sent. */
export type RequestBody =
  string | ArrayBuffer | ArrayBufferView | Blob | URLSearchParams | FormData | StreamBody | (() => StreamBody);

/** A body on its way. */
export interface SentBody {
  /** For `fetch`. */
  readonly body: unknown;
  readonly isStream: boolean;
  /** Null where `fetch` knows it, or there is none. */
  readonly contentType: string | null;
  /** What the source of a stream has failed with; presence decides. */
  readonly failure: { readonly error: unknown } | null;
  /** Leaves the source of a stream that nobody asks any more. */
  leave(reason: unknown): void;
}

/** The body of a request, to be sent once or several times. */
export class Payload {
  private wasSent = false;

  constructor(
    private readonly given: RequestBody,
    /** What it is sent as; null for what `fetch` makes of it. */
    private readonly contentType: string | null,
  ) {
    if (!isBody(given)) {
      throw new TypeError(
        `Expected body to be text, bytes, a form, or a stream or a function that opens one, received ${kindOf(given)}. Pass json for values.`,
      );
    }
  }

  /** Whether it can be sent once more. */
  get canRepeat(): boolean {
    return typeof this.given === 'function' || !isStream(this.given);
  }

  /** `onProgress` is told each time a stream was asked for a chunk, and at its end. */
  async send(onProgress: () => void): Promise<SentBody> {
    this.wasSent = true;
    const { given } = this;
    if (typeof given === 'function') return streamed(given(), this.contentType, onProgress);
    if (isStream(given)) return streamed(given, this.contentType, onProgress);
    if (given instanceof FormData) return packed(given);
    if (given instanceof URLSearchParams) return plain(given.toString(), 'application/x-www-form-urlencoded');
    return plain(given, this.contentType);
  }

  /** A stream that was handed in is closed in any case. */
  dispose(reason: unknown): void {
    const { given } = this;
    if (!this.wasSent && given instanceof ReadableStream && !given.locked) given.cancel(reason).catch(ignore);
  }
}

/** A form as bytes: the forms of the platform are none for a `fetch` that comes from elsewhere. */
async function packed(form: FormData): Promise<SentBody> {
  const response = new Response(form);
  const contentType = response.headers.get('content-type');
  return plain(await response.arrayBuffer(), contentType);
}

function plain(body: unknown, contentType: string | null): SentBody {
  return { body, isStream: false, contentType, failure: null, leave: ignore };
}

function streamed(source: StreamBody, contentType: string | null, onProgress: () => void): SentBody {
  const chunks = new Chunks(source, onProgress);
  const body = new ReadableStream<Uint8Array>(chunks, { highWaterMark: 0 });
  return {
    body,
    isStream: true,
    contentType,
    get failure() {
      return chunks.failure;
    },
    leave: (reason) => {
      chunks.leave(reason);
    },
  };
}

function iteratorOf(source: StreamBody): AsyncIterator<Uint8Array | string> {
  if (isObservable(source)) return toAsyncIterable(source)[Symbol.asyncIterator]();
  const chunks = isReadable(source) ? fromReadableStream(source) : fromAsyncIterable(source);
  return chunks[Symbol.asyncIterator]();
}

/** What `fetch` asks for the body. */
class Chunks implements UnderlyingDefaultSource<Uint8Array> {
  failure: { readonly error: unknown } | null = null;
  private state: 'open' | 'over' = 'open';
  private isAsked = false;
  private controller: ReadableStreamDefaultController<Uint8Array> | null = null;
  private readonly iterator: AsyncIterator<Uint8Array | string>;

  constructor(
    private readonly source: StreamBody,
    private readonly onProgress: () => void,
  ) {
    this.iterator = iteratorOf(source);
  }

  start(controller: ReadableStreamDefaultController<Uint8Array>): void {
    this.controller = controller;
  }

  async pull(controller: ReadableStreamDefaultController<Uint8Array>): Promise<void> {
    this.isAsked = true;
    try {
      const { done, value } = (await this.iterator.next()) as IteratorResult<Uint8Array | string, undefined>;
      if (this.state === 'over') return;
      this.onProgress();
      if (done !== true) {
        controller.enqueue(typeof value === 'string' ? new TextEncoder().encode(value) : value);
        return;
      }
      this.state = 'over';
      controller.close();
    } catch (error) {
      this.state = 'over';
      this.failure = { error };
      throw error;
    }
  }

  async cancel(reason: unknown): Promise<void> {
    if (this.state === 'over') return;
    this.state = 'over';
    const { source } = this;
    // Left before anything was asked of it, an iterator does not touch its source; a stream is open all the same.
    if (!this.isAsked && isReadable(source) && !source.locked) await source.cancel(reason);
    else await this.iterator.return?.();
  }

  /** Broken off by us. What leaving fails with has nobody to be told. */
  leave(reason: unknown): void {
    if (this.state === 'over') return;
    this.cancel(reason).catch(ignore);
    this.controller?.error(reason);
  }
}

function isReadable(source: object): source is ReadableStream<Uint8Array> {
  return 'getReader' in source && typeof source.getReader === 'function';
}

function isStream(body: unknown): body is StreamBody {
  if (typeof body !== 'object' || body === null) return false;
  return isObservable(body) || isReadable(body) || Symbol.asyncIterator in body;
}

function isBody(body: unknown): boolean {
  if (typeof body === 'string' || typeof body === 'function' || isStream(body)) return true;
  return (
    [ArrayBuffer, Blob, URLSearchParams, FormData].some((kind) => body instanceof kind) || ArrayBuffer.isView(body)
  );
}

function ignore(): void {
  // nobody is left to be told
}
