import { mapValue, resource, type Resource } from '../../core/index.js';
import type { HttpClientOptions } from './client-options.js';
import { ClientState } from './client-state.js';
import { HttpClient } from './http-client-class.js';
import { clientSettings } from './settings.js';
import { Transport } from './transport.js';

/**
 * A client for HTTP: requests with a base address, timeouts, retries and limits, each a scope of its own.
 *
 * Use it where several requests have something in common, or where what becomes of connections matters. For a single
 * request in a program that ends soon the platform's `fetch` is enough.
 *
 * **A response is held by a scope.** When its scope completes, what is left of the body is read if it is little (64 KiB,
 * half a second), so that the connection can be used again, and broken off otherwise. When the scope fails or is left, the
 * body is broken off at once. `client.json`, `text` and `bytes` do all of it.
 *
 * **Timeouts.** `connect` 10 s, `headers` 30 s, `body` 30 s between chunks, no `total`. A timer for the body runs only while
 * somebody reads it.
 *
 * **Retries.** Twice, after 500 ms and 1 s less up to a half by chance, or after what `Retry-After` says if that is at most a
 * minute. Only what can be sent twice: GET, HEAD, OPTIONS, TRACE, PUT and DELETE (RFC 9110, 9.2.2), any method that is called
 * `idempotent`, and any at all where no connection came about. Never a body that is a stream, unless it is a function that
 * opens one. Never once the response has been handed out: what fails while a body is read has failed.
 *
 * **Credentials stay where they belong.** `headers` and `query` of the client go to the origin of `baseUrl` alone, headers of a
 * request to the origin it names. To any other, by address or by redirect, go only `accept`, `accept-language` and
 * `user-agent`, and no body. Errors show addresses without user, password, query and fragment. Redirects are followed here,
 * up to 20. A browser does not show where they lead: there they are left to it for GET and HEAD without other
 * headers, and refused for the rest.
 *
 * **Connections.** With `undici` (6, 7 or 8, the module as it is) the client has connections of its own, closed with it.
 * Without, it has those of the platform, which stay open for others as long as that likes. Either way at most
 * `connections` requests to an origin are under way; the others wait in order of arrival. Waiting for a second slot inside
 * a scope that holds the last one is a `DeadlockError`.
 *
 * **Closing.** Leaving the scope of the client refuses new requests and those that wait with a `ClosedError`, lets the others
 * finish, for `closeTimeout` at most, and then breaks them off with the same error.
 *
 * **Cancellation.** Unsubscribing aborts a request, wherever it is, and frees its slot. No listener stays on a `signal`.
 *
 * **Errors.** {@link HttpStatusError}; {@link ConnectTimeoutError}, {@link HeadersTimeoutError}, {@link BodyTimeoutError} and
 * {@link TotalTimeoutError}; {@link HttpNetworkError}, with what the platform failed with as its cause;
 * {@link HttpRedirectError}; {@link HttpParseError}; `ClosedError`. What a function for headers or the stream of a body fails
 * with, as it is. `TypeError` and `RangeError` for bad options, at the call. Follows httpx's `AsyncClient` and ky.
 *
 * @example
 * ```ts
 * import { createServer } from 'node:http';
 * import { once } from 'node:events';
 * import type { AddressInfo } from 'node:net';
 * import * as undici from 'undici';
 * import { lastValue, using } from 'rxscope';
 * import { httpClient } from 'rxscope/http';
 *
 * let tries = 0;
 * const server = createServer((request, response) => {
 *   if (++tries === 1) response.writeHead(503, { 'retry-after': '0' }).end();
 *   else response.end(JSON.stringify({ path: request.url, token: request.headers.authorization }));
 * }).listen(0, '127.0.0.1');
 * await once(server, 'listening');
 *
 * const api = httpClient({
 *   baseUrl: `http://127.0.0.1:${(server.address() as AddressInfo).port}/v1`,
 *   headers: { authorization: 'Bearer 1234' },
 *   undici,
 * });
 * const books = using(api, (client) => client.json('/books', { query: { after: 7 } }));
 * await lastValue(books); // => { path: '/v1/books?after=7', token: 'Bearer 1234' }
 * server.close();
 * tries; // => 2
 * ```
 */
export function httpClient(options: HttpClientOptions = {}): Resource<HttpClient> {
  const settings = clientSettings(options);
  const { name, connections, timeout } = settings;
  const state = resource({
    name,
    acquire: () => new ClientState(settings, new Transport(options, connections, timeout.connect)),
    release: (held) => held.close(),
  });
  return state.pipe(mapValue((held) => new HttpClient(held)));
}
