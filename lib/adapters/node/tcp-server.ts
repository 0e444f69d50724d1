import { createServer, type Server } from 'node:net';
import { createServer as createSecureServer, type TlsOptions } from 'node:tls';

import { asyncScheduler, type SchedulerLike } from 'rxjs';

import { mapValue, resource, type Resource } from '../../core/index.js';
import { drain } from './drain.js';
import { RunningTcpServer } from './running-tcp-server.js';
import { addressOf, checkTiming, startListening } from './server-address.js';
import { countConnections, type DrainReport } from './server-connection.js';
import type { ConnectionHandler } from './tcp-connection.js';

/** Options of {@link tcpServer}. */
export interface TcpServerOptions {
  /** Where it listens. Default `'127.0.0.1'`: reachable from this machine alone. */
  readonly host?: string;
  /** The port. Default 0: a free one. */
  readonly port?: number;
  /** Key and certificate, to speak TLS. */
  readonly tls?: TlsOptions;
  /**
   * Whether a client that has ended its side can still be answered; its connection is then closed when its scope is over,
   * and not before. Default `false`.
   */
  readonly allowHalfOpen?: boolean;
  /**
   * Milliseconds for all of the drain; what is still served by then is cut. 0 cuts at once, and fails not; `Infinity`
   * never cuts. Default 10,000.
   */
  readonly deadline?: number;
  /** Told what each drain has come to, when it is over. */
  onDrain?(this: void, report: DrainReport): void;
  /** Shown in errors and by `openResources()`. Default `'tcpServer'`. */
  readonly name?: string;
  /** For the timer of `deadline`. Default: RxJS's `asyncScheduler`. */
  readonly scheduler?: SchedulerLike;
}

/**
 * A server that listens. The handle of {@link tcpServer}, which says what can be relied on.
 *
 * @example
 * ```ts
 * import { lastValue, using } from 'rxscope';
 * import { tcpServer, type TcpServer } from 'rxscope/node';
 *
 * const silent = tcpServer(() => []); // hangs up at once
 * const seen = using(silent, ({ host, connections }: TcpServer) => [[host, connections]]);
 * await lastValue(seen); // => ['127.0.0.1', 0]
 * ```
 */
export class TcpServer {
  readonly #running: RunningTcpServer;
  readonly host: string;
  readonly port: number;

  /** @internal */
  constructor(running: RunningTcpServer) {
    this.#running = running;
    const { host, port } = addressOf(running.server);
    this.host = host;
    this.port = port;
  }

  /** Node's own. */
  get server(): Server {
    return this.#running.server;
  }

  /** Whether it has stopped listening, to be closed. */
  get isDraining(): boolean {
    return this.#running.isDraining;
  }

  /** How many connections there are, those that are about to speak TLS included. Counted when it is read. */
  get connections(): number {
    return countConnections(this.#running.all()).total;
  }
}

/**
 * A TCP server that listens while its scope is open. Each connection is a scope of its own: what `onConnection` answers is
 * its body.
 *
 *     socket       ^---------|x        (x closed)
 *     body         ^-------|           a body that completes hangs up
 *
 *     socket       ^-----x             the client hangs up
 *     body         ^-----!             and the body is left
 *
 * Use it for protocols that are not HTTP, with {@link fromReadable} and {@link toWritable}, which read no faster than they
 * write. For HTTP there is {@link httpServer}.
 *
 * **Guarantees.** Where it cannot listen, entering fails, and nothing is left. The body is left when the socket closes; the
 * socket is closed when the body has completed, after what was written, and at once where it has failed. On exit the
 * listener is closed first, then the `signal` of each connection aborts; connections are waited for until they have been
 * served, and cut at the deadline. The release is over when all sockets are closed and what their scopes held is released.
 *
 * **Cancellation.** Leaving is an exit as any other: the drain goes on in the background (law 12).
 *
 * **Errors.** `EADDRINUSE` and the like, as they are, where it cannot listen. `ResourceLostError` where the server fails
 * or is closed from elsewhere. {@link DrainTimeoutError} from the release where connections were cut, unless `deadline` is
 * 0. What a body fails with goes to `config.onUnhandledError`, unless it is that the connection broke. `TypeError` and
 * `RangeError` for bad options.
 *
 * **Limits.** A client that ends its side closes the connection, though the body may just have begun to work on what it has
 * read. With `allowHalfOpen` the body takes the time that it needs.
 *
 * @example
 * ```ts
 * import { once } from 'node:events';
 * import { connect } from 'node:net';
 * import { lastValue, using } from 'rxscope';
 * import { fromReadable, tcpServer, toWritable } from 'rxscope/node';
 *
 * const echo = tcpServer((socket) => toWritable(fromReadable(socket), socket), { allowHalfOpen: true });
 * const answer = using(echo, async ({ port }) => {
 *   const client = connect(port, '127.0.0.1').setEncoding('utf8');
 *   client.end('hello');
 *   return (await once(client, 'data')) as [string];
 * });
 * await lastValue(answer); // => ['hello']
 * ```
 */
export function tcpServer(onConnection: ConnectionHandler, options: TcpServerOptions = {}): Resource<TcpServer> {
  const { host = '127.0.0.1', port = 0, deadline = 10_000, name = 'tcpServer', onDrain } = options;
  const { tls, allowHalfOpen = false, scheduler = asyncScheduler } = options;
  checkTiming({ port, linger: 0, deadline });
  if (typeof onConnection !== 'function') {
    throw new TypeError(`Expected a function that serves a connection, received ${typeof onConnection}.`);
  }
  return resource({
    name,
    async acquire() {
      const server =
        tls === undefined ? createServer({ allowHalfOpen }) : createSecureServer({ ...tls, allowHalfOpen });
      const running = new RunningTcpServer(server, onConnection, name);
      await startListening(server, { host, port });
      return running;
    },
    async release(running) {
      try {
        await drain(running, { name, linger: 0, deadline, scheduler, onDrain });
      } finally {
        running.letGo();
      }
    },
    lost: ({ lost }) => lost,
  }).pipe(mapValue((running) => new TcpServer(running)));
}
