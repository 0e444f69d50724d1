import type { IncomingMessage } from 'node:http';
import type { Duplex } from 'node:stream';

/** A close frame with status 1001, "going away, such as a server going down" (RFC 6455, 5.5.1 and 7.4.1). */
const GOING_AWAY = Uint8Array.of(0x88, 0x02, 0x03, 0xe9);

/**
 * Tells a WebSocket that the server goes away. Frames are written in one piece, so that this one stands between two others;
 * whoever speaks the protocol here answers what the client answers, and closes.
 */
export function webSocketGoodbye(socket: Duplex, { headers }: IncomingMessage): void {
  if (headers.upgrade?.toLowerCase() === 'websocket' && socket.writable) socket.write(GOING_AWAY);
}
