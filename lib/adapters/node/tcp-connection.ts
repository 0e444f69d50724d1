import type { Socket } from 'node:net';

import { defer, EMPTY, type ObservableInput } from 'rxjs';

import { consume, type Consumption } from '../../core/index.js';
import { report } from './cut.js';
import { peerOf, type ServerConnection } from './server-connection.js';

/** What serves a connection is told besides its socket. */
export interface ConnectionContext {
  /** Aborts when the server stops: to finish what is under way, say goodbye, and complete. */
  readonly signal: AbortSignal;
}

/** Serves a connection. What it returns is a scope: see {@link tcpServer}. */
export type ConnectionHandler = (socket: Socket, context: ConnectionContext) => ObservableInput<unknown> | void;

/** A connection with its scope. */
export class TcpConnection implements ServerConnection {
  readonly state = 'active';
  readonly requests = [];
  readonly peer: string;
  private readonly leaving = new AbortController();
  private readonly consumption: Consumption;
  /** Resolves when the socket is closed and all is released. */
  readonly over: Promise<unknown>;

  constructor(
    private readonly socket: Socket,
    onConnection: ConnectionHandler,
  ) {
    this.peer = peerOf(socket);
    const { signal } = this.leaving;
    socket.on('error', () => undefined); // `close` follows
    const closed = new Promise((resolve) => socket.once('close', resolve));
    this.consumption = consume(defer(() => onConnection(socket, { signal }) ?? EMPTY));
    socket.once('close', () => {
      this.consumption.close().catch(() => undefined); // `done` tells
    });
    this.over = Promise.all([closed, this.end()]);
  }

  leave(): void {
    this.leaving.abort();
  }

  closeWhenIdle(): void {
    // it is closed when it has been served
  }

  cut(): void {
    this.socket.destroy();
  }

  private async end(): Promise<void> {
    const { socket } = this;
    try {
      await this.consumption.done;
      socket.destroySoon();
    } catch (error) {
      if (!isOfConnection(error, socket)) report(error);
      socket.destroy();
    }
  }
}

/** That the other side has gone is no failure of the one who served it. */
function isOfConnection(error: unknown, socket: Socket): boolean {
  if (error === socket.errored) return true;
  return (error as { code?: unknown } | null | undefined)?.code === 'ERR_STREAM_PREMATURE_CLOSE' && socket.destroyed;
}
