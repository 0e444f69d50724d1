import { once } from 'node:events';
import { createServer, type IncomingMessage, type RequestListener, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo, Socket } from 'node:net';
import { eventually } from '../../../support/eventually.js';

/** A real server on loopback that says how many connections it has, and answers as it is told. */
export class WebServer {
  /** Every request, as `GET /path`. */
  readonly seen: string[] = [];
  readonly requests: IncomingMessage[] = [];
  readonly sockets = new Set<Socket>();
  /** How many connections were made. */
  connections = 0;
  /** How many requests are being answered, and how many there were at a time. */
  active = 0;
  most = 0;
  answer: RequestListener = ok;
  private readonly server: Server = createServer((request, response) => {
    this.seen.push(`${String(request.method)} ${String(request.url)}`);
    this.requests.push(request);
    this.most = Math.max(this.most, ++this.active);
    response.once('close', () => this.active--);
    this.answer(request, response);
  });

  constructor() {
    this.server.keepAliveTimeout = 0; // a connection that nobody closes stays
    this.server.on('connection', (socket) => {
      this.connections++;
      this.sockets.add(socket);
      socket.once('close', () => this.sockets.delete(socket));
    });
  }

  static async start(): Promise<WebServer> {
    const started = new WebServer();
    await started.start();
    return started;
  }

  /** Begins, or begins anew: without a memory, and with another port. */
  async start(): Promise<void> {
    this.seen.length = this.requests.length = 0;
    this.connections = this.active = this.most = 0;
    this.answer = ok;
    this.server.listen(0, '127.0.0.1');
    await once(this.server, 'listening');
  }

  get port(): number {
    return (this.server.address() as AddressInfo).port;
  }

  get url(): string {
    return `http://127.0.0.1:${String(this.port)}`;
  }

  /** The latest request. */
  get last(): IncomingMessage {
    const request = this.requests.at(-1);
    if (request === undefined) throw new Error('No request has come.');
    return request;
  }

  /** Resolves when so many requests have come. */
  async saw(count: number): Promise<void> {
    await eventually(`the server has seen ${String(count)} requests`, () => this.seen.length >= count);
  }

  async isLeft(): Promise<void> {
    await eventually('no connection to the server is open', () => this.sockets.size === 0);
  }

  async stop(): Promise<void> {
    if (!this.server.listening) return;
    const closed = once(this.server, 'close');
    this.server.close();
    this.server.closeAllConnections();
    await closed;
  }
}

function ok(_: IncomingMessage, response: ServerResponse): void {
  response.end('ok');
}

/** All that was sent with a request. */
export async function bodyOf(request: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = [];
  for await (const chunk of request) chunks.push(chunk as Buffer);
  return Buffer.concat(chunks).toString();
}

/** Answers with what was asked. */
export function echo(request: IncomingMessage, response: ServerResponse): void {
  void bodyOf(request).then((body) => {
    response.setHeader('content-type', 'application/json');
    const { method, url, headers } = request;
    response.end(JSON.stringify({ method, url, headers, body }));
  }, ignoreBroken);
}

function ignoreBroken(): void {
  // the client has not sent all of it
}

/** What {@link echo} answers. */
export interface Echo {
  readonly method: string;
  readonly url: string;
  readonly headers: Record<string, string>;
  readonly body: string;
}
