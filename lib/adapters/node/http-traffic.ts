import type { IncomingMessage, Server as PlainServer, ServerResponse } from 'node:http';
import type { Http2SecureServer, Http2Server, ServerHttp2Session } from 'node:http2';
import type { Server as SecureServer } from 'node:https';
import type { Socket } from 'node:net';
import type { TLSSocket } from 'node:tls';

import { Subscription } from 'rxjs';

import { Handshakes } from './handshakes.js';
import { HttpConnection, type SayGoodbye } from './http-connection.js';
import { Http2Connection } from './http2-connection.js';
import { listenAlong, listenTo } from './listen-to.js';
import { refuseRequests } from './refuse-requests.js';
import type { ServerConnection } from './server-connection.js';

/** Any server of Node that speaks HTTP. */
export type AnyHttpServer = PlainServer | SecureServer | Http2Server | Http2SecureServer;

/** Both of these have a method of their own that tells them from others, over copies and versions. */
export const isSecure = (server: AnyHttpServer): boolean => 'setSecureContext' in server;
const isHttp2 = (server: AnyHttpServer): boolean => 'updateSettings' in server;

/** All connections of a server, whatever they speak. */
export class HttpTraffic {
  /** How many requests were answered with 503. */
  refused = 0;
  private readonly plain = new Map<Socket, HttpConnection>();
  readonly sessions = new Map<ServerHttp2Session, Http2Connection>();
  private readonly handshakes: Handshakes | null = null;
  private phase: 'serving' | 'leaving' | 'closing' = 'serving';
  private readonly listening = new Subscription();
  private readonly requests = new Subscription();

  constructor(
    private readonly server: AnyHttpServer,
    private readonly sayGoodbye: SayGoodbye,
  ) {
    const { listening } = this;
    if (isHttp2(server)) listening.add(listenTo(server, 'session', this.beginSession));
    if (isSecure(server)) {
      this.handshakes = new Handshakes(server, listening);
      listening.add(listenTo(server, 'secureConnection', this.secured));
    } else if (!isHttp2(server)) {
      listening.add(listenTo(server, 'connection', this.connected));
    }
    const { requests } = this;
    requests.add(listenTo(server, 'request', this.asked));
    for (const event of ['checkContinue', 'checkExpectation']) requests.add(listenAlong(server, event, this.asked));
    for (const event of ['upgrade', 'connect']) requests.add(listenAlong(server, event, this.upgraded));
    listening.add(requests);
  }

  *all(): Generator<ServerConnection> {
    if (this.handshakes !== null) yield* this.handshakes.all();
    yield* this.plain.values();
    yield* this.sessions.values();
  }

  leave(): void {
    this.phase = 'leaving';
    for (const connection of this.all()) connection.leave();
  }

  closeWhenIdle(): void {
    this.phase = 'closing';
    for (const connection of [...this.all()]) connection.closeWhenIdle();
  }

  /** Answers what comes from now on with 503, in place of those who have answered so far. */
  refuse(): void {
    this.requests.unsubscribe();
    this.listening.add(
      refuseRequests(this.server, (request, response) => {
        this.refused++;
        this.asked(request, response);
      }),
    );
  }

  letGo(): void {
    this.listening.unsubscribe();
  }

  private readonly connected = (socket: Socket): HttpConnection => {
    const connection = new HttpConnection(socket, this.sayGoodbye);
    this.plain.set(socket, connection);
    socket.once('close', () => this.plain.delete(socket));
    this.greet(connection);
    return connection;
  };

  private readonly secured = (socket: TLSSocket): void => {
    this.handshakes?.isOver(socket);
    if (socket.alpnProtocol !== 'h2') this.connected(socket);
  };

  private readonly beginSession = (session: ServerHttp2Session): void => {
    const connection = new Http2Connection(session);
    this.sessions.set(session, connection);
    session.once('close', () => this.sessions.delete(session));
    this.greet(connection);
  };

  /** A connection that was made while the server is being left, as by a handshake that has taken its time. */
  private greet(connection: ServerConnection): void {
    if (this.phase !== 'serving') connection.leave();
    if (this.phase === 'closing') connection.closeWhenIdle();
  }

  /** A connection is known from its first request on where it was there before. */
  private readonly asked = ({ socket, httpVersionMajor }: IncomingMessage, response: ServerResponse): void => {
    if (httpVersionMajor === 1) (this.plain.get(socket) ?? this.connected(socket)).begin(response);
  };

  private readonly upgraded = (request: IncomingMessage, socket: Socket): void => {
    if (request.httpVersionMajor === 1) (this.plain.get(socket) ?? this.connected(socket)).become(request);
  };
}
