/** Servers, and clients that cost as little as possible: the server is what is measured. */
import { once } from 'node:events';
import { connect, type Socket } from 'node:net';
import { dirname, join } from 'node:path';
import './library.js'; // checks that there is one copy of rxjs

/** `rxscope/node` of the same build. */
export const node = (await import(
  join(dirname(process.env['RXSCOPE_BENCH_LIBRARY'] ?? ''), 'adapters/node/index.js')
)) as typeof import('../../lib/adapters/node/index.js');

export const requestFor = (path: string, ...headers: string[]): string =>
  [`GET ${path} HTTP/1.1`, 'host: localhost', ...headers, '', ''].join('\r\n');

/** A connection to a server on this machine. Nothing it sends waits for more. */
export async function connected(port: number): Promise<Socket> {
  const socket = connect({ port, host: '127.0.0.1', noDelay: true });
  await once(socket, 'connect');
  return socket.setEncoding('latin1').on('error', () => undefined);
}

/** Waits until `text` has come. */
export function heard(socket: Socket, text: string): Promise<void> {
  return new Promise((resolve) => {
    let received = '';
    const listen = (chunk: string): void => {
      received += chunk;
      if (!received.includes(text)) return;
      socket.off('data', listen);
      resolve();
    };
    socket.on('data', listen);
  });
}
