import { once } from 'node:events';
import type { Server } from 'node:net';

import { checkDuration, checkWhole } from '../../internal/check.js';

/** Where a server listens. */
export interface ServerAddress {
  readonly host: string;
  readonly port: number;
}

/** What servers are told alike. */
export interface Timing {
  readonly port: number;
  readonly linger: number;
  readonly deadline: number;
}

export function checkTiming({ port, linger, deadline }: Timing): void {
  checkWhole(port, 'port', 0, 65_535);
  checkDuration(linger, 'linger');
  checkDuration(deadline, 'deadline');
}

/** Has a server listen, if it does not already. Where that fails, it has not begun. */
export async function startListening(server: Server, { host, port }: ServerAddress): Promise<void> {
  if (server.listening) return;
  const listening = once(server, 'listening');
  server.listen({ host, port });
  await listening;
}

/** For a server on a pipe or a local socket, the path is its host. */
export function addressOf(server: Server): ServerAddress {
  const address = server.address();
  if (address === null || typeof address === 'string') return { host: address ?? '', port: 0 };
  return { host: address.address, port: address.port };
}

/** Where a client on this machine finds it. */
export function urlOf({ host, port }: ServerAddress, isSecure: boolean): string {
  if (port === 0) return `unix:${host}`;
  const reachable = host === '0.0.0.0' ? '127.0.0.1' : host === '::' ? '::1' : host;
  const name = reachable.includes(':') ? `[${reachable}]` : reachable;
  return `${isSecure ? 'https' : 'http'}://${name}:${port}`;
}
