import type { Socket } from 'node:net';

/** Calls back for each message of PostgreSQL's protocol that has arrived in full. */
export function messagesOf(
  socket: Socket,
  hasType: () => boolean,
  told: (type: string, message: Buffer) => void,
): void {
  let rest = Buffer.alloc(0);
  socket.on('error', () => undefined);
  socket.on('data', (bytes) => {
    rest = Buffer.concat([rest, bytes]);
    for (;;) {
      const start = hasType() ? 1 : 0;
      if (rest.length < start + 4) return;
      const length = start + rest.readInt32BE(start);
      if (rest.length < length) return;
      const message = rest.subarray(0, length);
      rest = rest.subarray(length);
      told(start === 1 ? String.fromCharCode(message[0] as number) : 'startup', message);
    }
  });
}

/** A message of a type. */
export function message(type: string, body: Buffer): Buffer {
  const head = Buffer.alloc(5, type);
  head.writeInt32BE(4 + body.length, 1);
  return Buffer.concat([head, body]);
}
