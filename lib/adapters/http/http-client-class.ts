import type { Observable } from 'rxjs';

import { lastValue, using, type Resource } from '../../core/index.js';
import type { HttpClientStats } from './client-stats.js';
import type { ClientState } from './client-state.js';
import { Course } from './course.js';
import type { HttpResponse } from './http-response.js';
import { Payload, type RequestBody } from './request-body.js';
import { setHeaders } from './request-headers.js';
import type { HttpRequestOptions } from './request-options.js';
import { request } from './requests.js';
import { requestSettings } from './settings.js';
import { addressOf } from './target.js';

/** Options of a request whose method is in the name of what makes it. */
export type HttpMethodOptions = Omit<HttpRequestOptions, 'method'>;

/** The same without a body. */
export type HttpReadOptions = Omit<HttpMethodOptions, 'json' | 'body'>;

/**
 * Makes requests. Made by {@link httpClient}, which says what can be relied on.
 *
 * `request` and the methods named after HTTP's are resources: entering sends the request, the handle is the response, and
 * leaving lets go of it. `json`, `text` and `bytes` are for all of a body at once, `fetch` for code that wants a `fetch`.
 *
 * @example
 * ```ts
 * import { lastValue, use, using } from 'rxscope';
 * import { httpClient } from 'rxscope/http';
 *
 * const echo = async (url: string, init: { method?: string }) => new Response(`${init.method} ${new URL(url).pathname}`);
 * const client = httpClient({ baseUrl: 'https://example.org/v1', fetch: echo });
 * await lastValue(using(client, (http) => http.text('/books'))); // => 'GET /v1/books'
 * await lastValue(using(client, (http) => http.put('/books/7', { json: { title: 'Emma' } }).pipe(use((r) => r.text())))); // => 'PUT /v1/books/7'
 * ```
 */
export class HttpClient {
  readonly #state: ClientState;

  /** @internal */
  constructor(state: ClientState) {
    this.#state = state;
  }

  /** A request, and its response as long as it is held. */
  request(url: string | URL, options: HttpRequestOptions = {}): Resource<HttpResponse> {
    const { settings } = this.#state;
    const { method = 'GET', headers: own = {}, idempotent, signal, query } = options;
    const { url: address, authorization: ownAuthorization, home } = addressOf(url, query, settings);
    const payload = payloadOf(options);
    const { name, headers: defaults, authorization, scheduler } = settings;
    const course = {
      ...{ name, idempotent, signal, scheduler },
      settings: requestSettings(options, settings),
      target: { method: method.toUpperCase(), url: address, payload },
      identity: { defaults, authorization, home, own, ownAuthorization, asked: address.origin },
    };
    return request(this.#state, () => new Course(course));
  }

  get(url: string | URL, options: HttpReadOptions = {}): Resource<HttpResponse> {
    return this.request(url, { ...options, method: 'GET' });
  }

  head(url: string | URL, options: HttpReadOptions = {}): Resource<HttpResponse> {
    return this.request(url, { ...options, method: 'HEAD' });
  }

  post(url: string | URL, options: HttpMethodOptions = {}): Resource<HttpResponse> {
    return this.request(url, { ...options, method: 'POST' });
  }

  put(url: string | URL, options: HttpMethodOptions = {}): Resource<HttpResponse> {
    return this.request(url, { ...options, method: 'PUT' });
  }

  patch(url: string | URL, options: HttpMethodOptions = {}): Resource<HttpResponse> {
    return this.request(url, { ...options, method: 'PATCH' });
  }

  delete(url: string | URL, options: HttpMethodOptions = {}): Resource<HttpResponse> {
    return this.request(url, { ...options, method: 'DELETE' });
  }

  /** The body as JSON, emitted when it has been read and let go of. Asks for `application/json` unless told otherwise. */
  json<T = unknown>(url: string | URL, options: HttpRequestOptions = {}): Observable<T> {
    const headers = new Headers({ accept: 'application/json' });
    setHeaders(headers, options.headers);
    return using(this.request(url, { ...options, headers }), (response) => response.json<T>());
  }

  /** The body as text. */
  text(url: string | URL, options: HttpRequestOptions = {}): Observable<string> {
    return using(this.request(url, options), (response) => response.text());
  }

  /** The body as bytes. */
  bytes(url: string | URL, options: HttpRequestOptions = {}): Observable<Uint8Array> {
    return using(this.request(url, options), (response) => response.bytes());
  }

  /**
   * A `fetch` that keeps to the rules of this client, for code that takes one, such as `paginate.link`. Any status is an
   * answer. The body has been read when the promise resolves, so that nothing is held that somebody could forget to let
   * go of; what is too big for that is for `request`.
   */
  readonly fetch = (url: string | URL, init: RequestInit = {}): Promise<Response> => {
    const { method = 'GET', headers, body, signal, redirect, ...rest } = init;
    const options: HttpRequestOptions = {
      ...{ method, init: rest, accepts: () => true },
      ...(headers === undefined ? {} : { headers: new Headers(headers) }),
      ...(body == null ? {} : { body: body as RequestBody }),
      ...(signal == null ? {} : { signal }),
      ...(redirect === undefined ? {} : { redirect }),
    };
    return lastValue(using(this.request(url, options), received), signal == null ? {} : { signal });
  };

  /** How many requests are under way, and how many there were. */
  get stats(): HttpClientStats {
    return this.#state.stats;
  }
}

/** A response that holds on to nothing. */
async function received(response: HttpResponse): Promise<Response> {
  const { status, statusText, headers, url, redirected } = response;
  const body = await response.bytes();
  const copy = new Response(body.byteLength > 0 ? (body as Uint8Array<ArrayBuffer>) : null, {
    status,
    statusText,
    headers,
  });
  return Object.defineProperties(copy, { url: { value: url }, redirected: { value: redirected } });
}

function payloadOf({ json, body, method = 'GET' }: HttpRequestOptions): Payload | null {
  if (json === undefined && body === undefined) return null;
  if (json !== undefined && body !== undefined) throw new TypeError('A request takes either json or body, not both.');
  if (['GET', 'HEAD'].includes(method.toUpperCase())) {
    throw new TypeError(`Expected a method that has a body, received ${method}. Pass method: 'POST', or query.`);
  }
  if (body !== undefined) return new Payload(body, null);
  return new Payload(JSON.stringify(json), 'application/json');
}
