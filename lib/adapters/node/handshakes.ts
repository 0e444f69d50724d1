import type { Server, Socket } from 'node:net';

import type { Subscription } from 'rxjs';

import { listenTo } from './listen-to.js';
import { peerOf, type ServerConnection } from './server-connection.js';

/** The connections of a TLS server whose handshake is not over: there is no secure socket yet that could be closed. */
export class Handshakes {
  private readonly raw = new Map<Socket, ServerConnection>();

  constructor(server: Server, listening: Subscription) {
    listening.add(listenTo(server, 'connection', (socket: Socket) => this.begin(socket)));
  }

  /** A secure socket is there. Node does not say which connection it has come from, but both have one address. */
  isOver(secure: Socket): void {
    for (const raw of this.raw.keys()) {
      if (raw.remotePort !== secure.remotePort || raw.remoteAddress !== secure.remoteAddress) continue;
      this.raw.delete(raw);
      return;
    }
  }

  all(): Iterable<ServerConnection> {
    return this.raw.values();
  }

  private begin(socket: Socket): void {
    const close = (): void => {
      socket.destroy();
    };
    const peer = peerOf(socket);
    this.raw.set(socket, {
      state: 'fresh',
      peer,
      requests: [],
      leave: () => undefined,
      closeWhenIdle: close,
      cut: close,
    });
    socket.once('close', () => this.raw.delete(socket));
  }
}
