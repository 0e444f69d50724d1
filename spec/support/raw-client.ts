import { once } from 'node:events';
import { connect, type Socket } from 'node:net';

/** A client that writes what it is told to, reads what it gets, and hangs up in the middle. */
export class RawClient {
  text = '';
  private readonly waiting = new Set<() => void>();

  private constructor(private readonly socket: Socket) {
    socket.setEncoding('latin1');
    socket.on('data', (chunk: string) => {
      this.text += chunk;
      for (const check of [...this.waiting]) check();
    });
    socket.on('error', () => undefined); // a reset is what it is for
  }

  static async connect(address: string): Promise<RawClient> {
    const socket = connect(Number(new URL(address).port), '127.0.0.1');
    await once(socket, 'connect');
    return new RawClient(socket);
  }

  /** A request without a body, or one whose body is shorter than announced. */
  request(method: string, path: string, body?: { readonly sent: string; readonly announced: number }): void {
    const headers = [`${method} ${path} HTTP/1.1`, 'Host: localhost'];
    if (body !== undefined) {
      headers.push('Content-Type: application/json', `Content-Length: ${String(body.announced)}`);
    }
    this.socket.write(`${headers.join('\r\n')}\r\n\r\n${body?.sent ?? ''}`);
  }

  /** Resolves when what was received contains `text`. */
  received(text: string): Promise<void> {
    return new Promise((resolve, reject) => {
      const stop = (): void => {
        this.waiting.delete(check);
        this.socket.off('close', fail);
      };
      const check = (): void => {
        if (!this.text.includes(text)) return;
        stop();
        resolve();
      };
      const fail = (): void => {
        stop();
        reject(new Error(`Closed before '${text}' came, after '${this.text}'.`));
      };
      this.waiting.add(check);
      this.socket.once('close', fail);
      check();
    });
  }

  /** Stops reading, so that what the server writes stays with it. */
  pause(): void {
    this.socket.pause();
  }

  async hangUp(): Promise<void> {
    if (this.socket.closed) return;
    const closed = once(this.socket, 'close');
    this.socket.destroy();
    await closed;
  }
}
