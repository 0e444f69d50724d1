import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Socket } from 'node:net';

import { peerOf, type ConnectionState, type ServerConnection } from './server-connection.js';

/** Asks whoever is at the other end of an upgraded socket to leave. */
export type SayGoodbye = (socket: Socket, request: IncomingMessage) => void;

/** A connection that speaks HTTP/1. */
export class HttpConnection implements ServerConnection {
  /** Responses that are not over, in the order in which they are sent. */
  private readonly answering: ServerResponse[] = [];
  /** The request by which it has become something else. */
  private upgrade: IncomingMessage | null = null;
  /** How many bytes had been sent by then, and whether the other side has been asked to leave since. */
  private sentBefore = 0;
  private hasSaidGoodbye = false;
  /** How many bytes had come in when it last became idle: with more than that, a request is arriving. */
  private seen = 0;
  private phase: 'serving' | 'leaving' | 'closing' = 'serving';
  /** The response that says that it is the last one. */
  private last: ServerResponse | null = null;

  constructor(
    private readonly socket: Socket,
    private readonly sayGoodbye: SayGoodbye,
  ) {}

  get state(): ConnectionState {
    if (this.upgrade !== null) return 'upgraded';
    if (this.answering.length > 0) return 'active';
    const { bytesRead } = this.socket;
    if (bytesRead === 0) return 'fresh';
    return bytesRead > this.seen ? 'active' : 'idle';
  }

  get peer(): string {
    return peerOf(this.socket);
  }

  get requests(): readonly string[] {
    const requests = this.upgrade === null ? this.answering.map(({ req }) => req) : [this.upgrade];
    return requests.map(({ method = '', url = '' }) => `${method} ${url}`);
  }

  /** A request has arrived. Called for each of them: no closure, one listener. */
  begin(response: ServerResponse): void {
    this.answering.push(response);
    response.on('close', this.settle);
    if (this.phase !== 'serving') this.tellLast();
  }

  become(request: IncomingMessage): void {
    this.upgrade = request;
    this.sentBefore = this.socket.bytesWritten;
    if (this.phase === 'closing') void Promise.resolve().then(() => this.goodbye()); // who listens answers first
  }

  leave(): void {
    this.phase = 'leaving';
    this.tellLast();
    this.goodbye();
  }

  closeWhenIdle(): void {
    this.phase = 'closing';
    this.goodbye();
    const { state } = this;
    if (state === 'fresh' || state === 'idle') this.socket.destroySoon();
  }

  cut(): void {
    this.socket.destroy();
  }

  /** A response is over, or the rest of a request that was answered before it had arrived. */
  private readonly settle = (): void => {
    const { answering, socket } = this;
    for (let first = answering[0]; first?.destroyed === true; first = answering[0]) {
      if (!first.req.complete && !socket.destroyed) {
        first.req.once('close', this.settle);
        return;
      }
      answering.shift();
    }
    if (answering.length > 0) return;
    this.seen = socket.bytesRead;
    if (this.phase === 'closing') socket.destroySoon();
  };

  /** Only where the upgrade has been answered: a word of the new protocol before that would be taken for the answer. */
  private goodbye(): void {
    const { socket, upgrade } = this;
    if (upgrade === null || this.hasSaidGoodbye || socket.bytesWritten === this.sentBefore) return;
    this.hasSaidGoodbye = true;
    this.sayGoodbye(socket, upgrade);
  }

  /**
   * Has the last response say `connection: close`. Not an earlier one: Node closes the connection behind whichever says it,
   * and those that wait in line after it would never be sent.
   */
  private tellLast(): void {
    const { last } = this;
    const response = this.answering.at(-1);
    if (response === undefined || response.headersSent) return;
    if (last !== null && !last.headersSent) last.removeHeader('connection');
    response.setHeader('connection', 'close');
    this.last = response;
  }
}
