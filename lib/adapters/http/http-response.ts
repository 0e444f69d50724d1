import { fromAsyncIterable, type AskableObservable } from '../../interop/index.js';
import type { Splitter } from '../../internal/line-splitter.js';
import { SplitText } from '../../internal/split-text.js';
import type { BodyReader } from './body-reader.js';
import { HttpParseError } from './errors.js';
import type { Exchange } from './exchange.js';
import { EventSplitter, type ServerSentEvent } from './server-sent-events.js';
import { lineSplitter, type LineOptions } from './split-lines.js';

/**
 * The answer to a request, held as long as its scope is open. Its body is read once, by one of the methods; what nobody
 * has read is drained or broken off with the scope (see {@link httpClient}).
 *
 * `chunks`, `lines`, `ndjson` and `events` are read as they are asked: the next piece when the consumer's handler has returned,
 * or, handed to `pull` as they are, when there is a free slot. Text is UTF-8.
 *
 * **Errors** of all that read the body: {@link BodyTimeoutError}, {@link TotalTimeoutError}, {@link HttpNetworkError} where the
 * connection breaks, `ClosedError` where the client was closed and would not wait any longer; a `TypeError` for reading twice.
 *
 * @example
 * ```ts
 * import { toArray } from 'rxjs';
 * import { lastValue, use, using } from 'rxscope';
 * import { httpClient } from 'rxscope/http';
 *
 * const rows = '{"city":"Bern"}\n{"city":"Oslo"}\n';
 * const client = httpClient({ baseUrl: 'https://example.org', fetch: async () => new Response(rows) });
 * const cities = using(client, (http) =>
 *   http.get('/cities').pipe(use((response) => response.ndjson<{ city: string }>())),
 * );
 * (await lastValue(cities.pipe(toArray()))).map(({ city }) => city); // => ['Bern', 'Oslo']
 * ```
 */
export class HttpResponse {
  readonly status: number;
  readonly statusText: string;
  /** Whether the status is one of 200 to 299. */
  readonly ok: boolean;
  readonly headers: Headers;
  /** Where it came from, after redirects. */
  readonly url: string;
  readonly redirected: boolean;
  readonly #held: Exchange;

  /** @internal */
  constructor(held: Exchange) {
    const { response, headers, course } = held;
    this.#held = held;
    this.status = response.status;
    this.statusText = response.statusText;
    this.ok = response.status >= 200 && response.status < 300;
    this.headers = headers;
    this.url = course.isPlatformFollowing ? response.url : course.target.url.href;
    this.redirected = course.redirects > 0;
  }

  /** All of the body. */
  async bytes(): Promise<Uint8Array> {
    const body = this.#take();
    const chunks: Uint8Array[] = [];
    let length = 0;
    for (let next = await body.next(); next.done !== true; next = await body.next()) {
      chunks.push(next.value);
      length += next.value.byteLength;
    }
    const bytes = new Uint8Array(length);
    let at = 0;
    for (const chunk of chunks) {
      bytes.set(chunk, at);
      at += chunk.byteLength;
    }
    return bytes;
  }

  /** All of the body, as text. */
  async text(): Promise<string> {
    return new TextDecoder().decode(await this.bytes());
  }

  /** All of the body, as JSON. An {@link HttpParseError} where it is none. */
  async json<T = unknown>(): Promise<T> {
    return this.#parse<T>(await this.text());
  }

  /** The body in the pieces in which it arrives. */
  chunks(): AskableObservable<Uint8Array> {
    return this.#asked((body) => body);
  }

  /**
   * The body line by line: lines end with LF, CR or both. One that is too long is a `CapacityError`, after those before it.
   */
  lines(options: LineOptions = {}): AskableObservable<string> {
    return this.#split(() => lineSplitter('any', options));
  }

  /**
   * A JSON value in each line that is not empty. An {@link HttpParseError} where there is none, after the values before it.
   * Lines end with LF, or with CR and LF; a CR elsewhere is white space of JSON.
   */
  ndjson<T = unknown>(options: LineOptions = {}): AskableObservable<T> {
    return this.#split(() => {
      const lines = lineSplitter('lf', options);
      return { push: (text) => this.#values<T>(lines.push(text)), end: (text) => this.#values<T>(lines.end(text)) };
    });
  }

  /** The events of a `text/event-stream`. It ends with the connection: connecting anew is for the one who asks. */
  events(options: LineOptions = {}): AskableObservable<ServerSentEvent> {
    return this.#split(() => new EventSplitter(options));
  }

  #take(): BodyReader {
    return this.#held.body.take();
  }

  #split<T>(splitter: () => Splitter<T>): AskableObservable<T> {
    return this.#asked((body) => {
      const decoder = new TextDecoder();
      return new SplitText(body, (bytes) => decoder.decode(bytes, { stream: bytes !== undefined }), splitter());
    });
  }

  #asked<T>(open: (body: BodyReader) => AsyncIterator<T>): AskableObservable<T> {
    return fromAsyncIterable<T>({ [Symbol.asyncIterator]: () => open(this.#take()) });
  }

  *#values<T>(lines: Iterable<string>): Generator<T, void, undefined> {
    for (const line of lines) if (line.trim() !== '') yield this.#parse<T>(line);
  }

  #parse<T>(text: string): T {
    try {
      return JSON.parse(text) as T;
    } catch (cause) {
      const { shown } = this.#held.course;
      const start = text.length > 80 ? `${text.slice(0, 80)}…` : text;
      const message = `Expected JSON from ${shown.method} ${shown.url}, received ${start === '' ? 'nothing' : start}`;
      throw new HttpParseError(message, { ...shown, cause });
    }
  }
}
