import type { Server, Socket } from 'node:net';

import { fromEvent, map, merge, Subscription, type Observable } from 'rxjs';

import { ClosedError } from '../../core/index.js';
import { Closing } from './closing.js';
import type { Drainable } from './drain.js';
import { Handshakes } from './handshakes.js';
import { listenTo } from './listen-to.js';
import { cutConnections, type CutConnection, type ServerConnection } from './server-connection.js';
import { TcpConnection, type ConnectionHandler } from './tcp-connection.js';

/** A TCP server from when it is entered until it is drained. */
export class RunningTcpServer implements Drainable {
  readonly refused = 0;
  readonly lost: Observable<unknown>;
  isDraining = false;
  private readonly connections = new Map<TcpConnection, Promise<unknown>>();
  private readonly handshakes: Handshakes | null;
  private readonly listening = new Subscription();
  private readonly closing: Closing;

  constructor(
    readonly server: Server,
    onConnection: ConnectionHandler,
    name: string,
  ) {
    const { listening } = this;
    const isSecure = 'setSecureContext' in server;
    this.handshakes = isSecure ? new Handshakes(server, listening) : null;
    const serve = (socket: Socket): void => {
      this.handshakes?.isOver(socket);
      this.serve(new TcpConnection(socket, onConnection));
    };
    listening.add(listenTo(server, isSecure ? 'secureConnection' : 'connection', serve));
    listening.add(listenTo(server, 'error', () => undefined)); // `lost` is told
    this.closing = new Closing(server);
    this.lost = merge(
      fromEvent(server, 'error'),
      fromEvent(server, 'close').pipe(
        map(() => new ClosedError(`"${name}" was closed from elsewhere.`, { resource: name })),
      ),
    );
  }

  *all(): Generator<ServerConnection> {
    if (this.handshakes !== null) yield* this.handshakes.all();
    yield* this.connections.keys();
  }

  leave(): void {
    this.isDraining = true;
    if (this.server.listening) this.server.close();
    for (const connection of this.all()) connection.leave();
  }

  closeIdle(): void {
    for (const connection of [...this.all()]) connection.closeWhenIdle();
  }

  cut(): readonly CutConnection[] {
    return cutConnections(this.all());
  }

  async over(): Promise<readonly CutConnection[]> {
    const left = await this.closing.over();
    await Promise.all(this.connections.values());
    return left;
  }

  letGo(): void {
    this.closing.forget();
    this.listening.unsubscribe();
  }

  private serve(connection: TcpConnection): void {
    this.connections.set(
      connection,
      connection.over.then(() => this.connections.delete(connection)),
    );
  }
}
