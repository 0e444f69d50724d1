import { once } from 'node:events';
import { connect, createServer, type AddressInfo, type Socket } from 'node:net';

/** A TCP connection on loopback, with both of its ends in hand. */
export interface Connection {
  readonly client: Socket;
  readonly server: Socket;
}

/** `allowHalfOpen` is for both ends. Whoever asks for it closes it: `closeConnection`. */
export async function openConnection(options: { readonly allowHalfOpen?: boolean } = {}): Promise<Connection> {
  const listener = createServer(options).listen(0, '127.0.0.1');
  await once(listener, 'listening');
  const { port } = listener.address() as AddressInfo;
  const client = connect({ port, host: '127.0.0.1', ...options });
  const [[server]] = (await Promise.all([once(listener, 'connection'), once(client, 'connect')])) as [
    [Socket],
    unknown,
  ];
  listener.close(); // takes no more; the connection stays
  return { client, server };
}

export async function closeConnection({ client, server }: Connection): Promise<void> {
  await Promise.all(
    [client, server].map(async (socket) => {
      if (socket.closed) return;
      const closed = once(socket, 'close');
      socket.on('error', () => undefined).destroy();
      await closed;
    }),
  );
}
