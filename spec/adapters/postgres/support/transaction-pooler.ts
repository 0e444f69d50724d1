import { once } from 'node:events';
import { connect, createServer, type AddressInfo, type Socket } from 'node:net';
import { mapValue, resource, type Resource } from '../../../../lib/index.js';
import { message, messagesOf } from './protocol.js';

/** A session of the server that is lent for one transaction at a time. */
interface Upstream {
  readonly socket: Socket;
  /** Gets what the server says. */
  tell: (type: string, message: Buffer) => void;
}

const words = (...all: number[]): Buffer => {
  const bytes = Buffer.alloc(4 * all.length);
  all.forEach((word, index) => bytes.writeInt32BE(word, index * 4));
  return bytes;
};

const ready = message('Z', Buffer.from('I'));

function upstreamTo(path: string, user: string): Promise<Upstream> {
  const socket = connect({ path });
  const upstream: Upstream = { socket, tell: () => undefined };
  const text = Buffer.from(`user\0${user}\0database\0postgres\0\0`);
  const head = Buffer.alloc(8);
  head.writeInt32BE(8 + text.length, 0);
  head.writeInt32BE(196608, 4);
  socket.write(Buffer.concat([head, text]));
  messagesOf(
    socket,
    () => true,
    (type, bytes) => {
      upstream.tell(type, bytes);
    },
  );
  return new Promise((resolve) => {
    upstream.tell = (type) => {
      if (type === 'Z') resolve(upstream);
    };
  });
}

/** Speaks to one client, through another session after each transaction. */
function serve(client: Socket, sessions: readonly Upstream[]): void {
  let isStarted = false;
  let turn = 0;
  let lent: Upstream | null = null;
  messagesOf(
    client,
    () => isStarted,
    (type, bytes) => {
      if (type === 'startup') {
        isStarted = true;
        client.write(Buffer.concat([message('R', words(0)), message('K', words(424242, 424242)), ready]));
      } else if (type === 'X') {
        client.end();
      } else {
        lent ??= sessions[turn++ % sessions.length] as Upstream;
        lent.tell = (answer, part) => {
          client.write(part);
          if (answer === 'Z' && part[5] === 'I'.charCodeAt(0)) lent = null;
        };
        lent.socket.write(bytes);
      }
    },
  );
}

/** A pooler that lends its two sessions for one transaction at a time, as PgBouncer does in transaction mode. Answers its port. */
export function transactionPooler(path: string, user: string): Resource<number> {
  return resource({
    name: 'pooler',
    async acquire() {
      const sessions = [await upstreamTo(path, user), await upstreamTo(path, user)];
      const clients = new Set<Socket>();
      const listener = createServer((client) => {
        clients.add(client);
        serve(client, sessions);
      }).listen(0, '127.0.0.1');
      await once(listener, 'listening');
      return { listener, sessions, clients };
    },
    async release({ listener, sessions, clients }) {
      const closed = once(listener, 'close');
      listener.close();
      for (const client of clients) client.destroy();
      for (const { socket } of sessions) socket.destroy();
      await closed;
    },
  }).pipe(mapValue(({ listener }) => (listener.address() as AddressInfo).port));
}
