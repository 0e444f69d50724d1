import { createServer, type IncomingMessage, type Server as PlainServer, type ServerResponse } from 'node:http';
import { createServer as createSecureServer } from 'node:https';
import type { Socket } from 'node:net';
import type { TlsOptions } from 'node:tls';

import { asyncScheduler, defer, EMPTY, type ObservableInput, type SchedulerLike } from 'rxjs';

import { mapValue, resource, type Resource } from '../../core/index.js';
import { report } from './cut.js';
import { drain } from './drain.js';
import type { SayGoodbye } from './http-connection.js';
import { isSecure, type AnyHttpServer } from './http-traffic.js';
import { RequestScopes, type RequestHandler } from './request-scopes.js';
import { RunningHttpServer } from './running-http-server.js';
import { addressOf, checkTiming, urlOf } from './server-address.js';
import { countConnections, type ConnectionCounts, type DrainReport } from './server-connection.js';
import { webSocketGoodbye } from './web-socket-goodbye.js';

/** Options of {@link httpServer}. */
export interface HttpServerOptions {
  /** Where it listens, if it does not already. Default `'127.0.0.1'`: reachable from this machine alone. */
  readonly host?: string;
  /** The port on which it listens, if it does not already. Default 0: a free one. */
  readonly port?: number;
  /** Key and certificate, to speak HTTPS. Only with a function; a server that was made has its own. */
  readonly tls?: TlsOptions;
  /**
   * Milliseconds for all of the drain; what is in use by then is cut. 0 cuts at once, and fails not; `Infinity` never
   * cuts. Default 10,000.
   */
  readonly deadline?: number;
  /**
   * Milliseconds for which idle connections are kept and served once the listener is closed, so that a request on its way
   * is not reset. Default 0.
   */
  readonly linger?: number;
  /**
   * What becomes of requests that arrive after `linger`, on connections that are still in use. `'refuse'`: they are
   * answered with 503, and nobody else sees them. `'serve'`: they are served. Default `'refuse'`.
   */
  readonly lateRequests?: 'refuse' | 'serve';
  /**
   * Asks an upgraded connection to leave, once the upgrade has been answered. The connection is waited for until the
   * deadline, whatever this answers; what it fails with is reported. Default: WebSockets are sent a close frame with
   * status 1001 (RFC 6455, 7.4.1), others nothing.
   */
  closeUpgraded?(this: void, socket: Socket, request: IncomingMessage): ObservableInput<unknown> | void;
  /** Told what each drain has come to, when it is over. */
  onDrain?(this: void, report: DrainReport): void;
  /** Shown in errors and by `openResources()`. Default `'httpServer'`. */
  readonly name?: string;
  /** For the timers of `deadline` and `linger`. Default: RxJS's `asyncScheduler`. */
  readonly scheduler?: SchedulerLike;
}

/**
 * A server that listens. The handle of {@link httpServer}, which says what can be relied on.
 *
 * @example
 * ```ts
 * import { firstValue, using } from 'rxscope';
 * import { httpServer, type HttpServer } from 'rxscope/node';
 *
 * const answering = httpServer((_request, response) => response.end('hello'));
 * const seen = using(answering, async ({ url, connections }: HttpServer) => {
 *   const answer = await fetch(url);
 *   return [await answer.text(), connections.total];
 * });
 * await firstValue(seen); // => ['hello', 0]
 * ```
 */
export class HttpServer<S extends AnyHttpServer = AnyHttpServer> {
  readonly #running: RunningHttpServer<S>;
  readonly host: string;
  readonly port: number;
  /** Where a client on this machine finds it, as in `http://127.0.0.1:8080`; without a slash at its end. */
  readonly url: string;

  /** @internal */
  constructor(running: RunningHttpServer<S>) {
    this.#running = running;
    const address = addressOf(running.server);
    this.host = address.host;
    this.port = address.port;
    this.url = urlOf(address, isSecure(running.server));
  }

  /** Node's own. */
  get server(): S {
    return this.#running.server;
  }

  /** Whether it has stopped listening, to be closed. */
  get isDraining(): boolean {
    return this.#running.isDraining;
  }

  /** How many connections there are, and what they are at. Counted when it is read. */
  get connections(): ConnectionCounts {
    return countConnections(this.#running.traffic.all());
  }
}

/**
 * A server that listens while its scope is open, and is drained when that ends.
 *
 *     listener     ^---------------x
 *     idle         --^-------------x               also one that has not asked yet; after `linger`
 *     request      --------^------------|x         the response says that it is the last one
 *     response     -----^-----------------|x       its head has been sent: closed behind it
 *     WebSocket    ---^------------g---------x     asked to leave (g), cut at the deadline
 *     scope        ^---------------!.........|     left, and released when all are closed (x)
 *
 * Use it with a function that answers requests, and with any server that somebody else has made: `app.server` of Fastify,
 * `app.getHttpServer()` of Nest, `http.createServer(express())`. In a process that ends on a signal, enter it in a
 * {@link lifespan}.
 *
 * **Guarantees.** Where it cannot listen, entering fails, and nothing is left. On exit the listener is closed first: who
 * connects is refused. What is idle is closed at once, or after `linger`. What is under way is finished, and nothing of it
 * is cut before the deadline; of a pipeline all responses are sent, and the last one says that it is. A request that has
 * begun to arrive is answered, by `lateRequests` with 503. HTTP/2 sessions are sent the two GOAWAYs of RFC 9113, 6.8, and
 * end with their streams. The release is over when all sockets are closed; it leaves no timer and no listener, so that a
 * process can end by itself. Given a function, each scope has a server of its own. A server that is handed over can be
 * entered again, by one scope at a time.
 *
 * **Scopes of requests.** An observable that the function answers with is subscribed, and left when the client hangs up
 * before the response is finished. After the response it may go on. The drain waits for it and for its releases, and so it
 * does for a promise, which cannot be left. Where it fails before it has answered, the answer is 500; in the middle of a
 * response, the connection is cut. The error goes to `config.onUnhandledError`.
 *
 * **Cancellation.** Leaving is an exit as any other: the drain goes on in the background (law 12).
 *
 * **Errors.** `EADDRINUSE` and the like, as they are, where it cannot listen. `ResourceLostError` where the server fails
 * or is closed from elsewhere. {@link DrainTimeoutError} from the release where something in use was cut, unless
 * `deadline` is 0; its `report` says what. `TypeError` for what is no server, and for a server that another scope has
 * entered; `RangeError` for numbers out of range.
 *
 * **Limits.** An upgraded connection that nobody closes is waited for until the deadline. Of connections that a server had
 * before it was entered, HTTP/1 ones are known from their next request on, others not: enter it before it is used.
 *
 * **Cost.** An entry for each connection, a listener for each request. A scope for each request costs about what another
 * tenth of an empty request does.
 *
 * Does what http-terminator and stoppable do between them, in the order that fastify/fastify#5713 asks for.
 *
 * @example
 * ```ts
 * import { lastValue, resource, using } from 'rxscope';
 * import { httpServer } from 'rxscope/node';
 *
 * const log: string[] = [];
 * const connection = resource({ acquire: () => 'row', release: (_, exit) => log.push(`given back: ${exit.kind}`) });
 * const server = httpServer((_request, response) => using(connection, async (row) => void response.end(row)), {
 *   onDrain: ({ cut }) => log.push(`drained, ${cut.length} cut`),
 * });
 * await lastValue(using(server, async ({ url }) => (await fetch(url)).text())); // => 'row'
 * log; // => ['given back: complete', 'drained, 0 cut']
 * ```
 */
export function httpServer(handler: RequestHandler, options?: HttpServerOptions): Resource<HttpServer<PlainServer>>;
export function httpServer<S extends AnyHttpServer>(server: S, options?: HttpServerOptions): Resource<HttpServer<S>>;
export function httpServer(
  source: RequestHandler | AnyHttpServer,
  options: HttpServerOptions = {},
): Resource<HttpServer> {
  const { host = '127.0.0.1', port = 0, deadline = 10_000, linger = 0, name = 'httpServer', onDrain } = options;
  const { scheduler = asyncScheduler, lateRequests = 'refuse', closeUpgraded } = options;
  checkTiming({ port, linger, deadline });
  checkSource(source);
  const manners = { sayGoodbye: goodbyeOf(closeUpgraded), refusesLate: lateRequests === 'refuse' };
  return resource({
    name,
    acquire: () => {
      const scopes = new RequestScopes();
      const server = typeof source === 'function' ? serverOf(source, scopes, options.tls) : source;
      return RunningHttpServer.start(server, { host, port }, scopes, manners, name);
    },
    async release(running) {
      try {
        await drain(running, { name, linger, deadline, scheduler, onDrain });
      } finally {
        running.letGo();
      }
    },
    lost: ({ lost }) => lost,
  }).pipe(mapValue((running) => new HttpServer(running)));
}

function serverOf(handler: RequestHandler, scopes: RequestScopes, tls: TlsOptions | undefined): PlainServer {
  const listener = (request: IncomingMessage, response: ServerResponse): void => {
    scopes.handle(handler, request, response);
  };
  return tls === undefined ? createServer(listener) : createSecureServer(tls, listener);
}

function goodbyeOf(hook: HttpServerOptions['closeUpgraded'] = webSocketGoodbye): SayGoodbye {
  return (socket, request) => {
    defer(() => hook(socket, request) ?? EMPTY).subscribe({ error: report });
  };
}

function checkSource(source: unknown): void {
  if (typeof source === 'function') return;
  const { listen, address } = (source ?? {}) as Record<string, unknown>;
  if (typeof listen === 'function' && typeof address === 'function') return;
  throw new TypeError(
    'Expected a function that answers requests, or a server of node:http, node:https or node:http2, ' +
      `received ${source === null ? 'null' : typeof source}.`,
  );
}
