import { once } from 'node:events';
import { connect, type Socket } from 'node:net';
import { connect as connectSecurely } from 'node:tls';
import { eventually } from '../../../support/eventually.js';

/** A client that says what it is told to, and nothing else. */
export class RawClient {
  received = '';
  /** What it has failed with; null for one that was closed in order. */
  error: unknown = null;
  readonly closed: Promise<void>;

  constructor(readonly socket: Socket) {
    socket.setEncoding('latin1').on('data', (text: string) => (this.received += text));
    socket.on('error', (error) => (this.error = error));
    this.closed = new Promise((resolve) => socket.once('close', () => resolve()));
  }

  static async open(port: number): Promise<RawClient> {
    const socket = connect(port, '127.0.0.1');
    await once(socket, 'connect');
    return new RawClient(socket);
  }

  static async openSecurely(port: number, alpn: string[] = []): Promise<RawClient> {
    const socket = connectSecurely({ port, host: '127.0.0.1', rejectUnauthorized: false, ALPNProtocols: alpn });
    await once(socket, 'secureConnect');
    return new RawClient(socket);
  }

  send(text: string): this {
    this.socket.write(text, 'latin1');
    return this;
  }

  /** Sends a request without a body. */
  get(path: string, ...headers: string[]): this {
    return this.send(requestOf('GET', path, ...headers));
  }

  /** Waits until it has received `text`, so many times. */
  async until(text: string, times = 1): Promise<this> {
    await eventually(`"${text}" has come`, () => this.received.split(text).length > times);
    return this;
  }

  async destroy(): Promise<void> {
    this.socket.destroy();
    await this.closed;
  }
}

export function requestOf(method: string, path: string, ...headers: string[]): string {
  return [`${method} ${path} HTTP/1.1`, 'host: localhost', ...headers, '', ''].join('\r\n');
}
