import { once } from 'node:events';
import { createServer, type AddressInfo, type Socket } from 'node:net';
import type { ClientConfig } from 'pg';
import { mapValue, resource, type Resource } from '../../../../lib/index.js';
import { message, messagesOf } from './protocol.js';

/** What a server says to a statement: messages of PostgreSQL's protocol. */
export type Reply = readonly Buffer[];

/** What is said to a statement that contains the key. `undefined`: what any server would say. */
export type Script = Record<string, Reply>;

const text = (...words: readonly string[]): Buffer => Buffer.from(`${words.join('\0')}\0`);

/** An error, with its SQLSTATE. */
export const failed = (code: string, severity = 'ERROR'): Buffer =>
  message('E', text(`S${severity}`, `V${severity}`, `C${code}`, `Mscripted ${code}`, ''));

/** A statement has been carried out. */
export const done = (command: string): Buffer => message('C', text(command));

/** Ready for the next one: idle, in a transaction, or in one that has failed. */
export const ready = (status: 'I' | 'T' | 'E'): Buffer => message('Z', Buffer.from(status));

/** A row of one column, which is a text. */
export const row = (column: string, value: string): Buffer => {
  const one = Buffer.from([0, 1]);
  const facts = Buffer.alloc(18); // of the column: its table, its type, its format
  facts.writeInt32BE(25, 6);
  const length = Buffer.alloc(4);
  length.writeInt32BE(Buffer.byteLength(value));
  const data = Buffer.concat([one, length, Buffer.from(value)]);
  return Buffer.concat([message('T', Buffer.concat([one, text(column), facts])), message('D', data)]);
};

/** Closes the connection. */
export const hangUp = Buffer.alloc(0);

/** What any server says to the commands of transactions. */
function usual(statement: string): Reply {
  const [command = ''] = statement.split(' ');
  return [
    done(command),
    ready(command === 'COMMIT' || (command === 'ROLLBACK' && !statement.includes('TO')) ? 'I' : 'T'),
  ];
}

function serve(client: Socket, script: Script): void {
  let isStarted = false;
  messagesOf(
    client,
    () => isStarted,
    (type, bytes) => {
      if (type === 'startup' && bytes.length > 16) {
        isStarted = true;
        client.write(Buffer.concat([message('R', Buffer.alloc(4)), message('K', Buffer.alloc(8, 1)), ready('I')]));
      } else if (type === 'Q') {
        const statement = bytes.toString('utf8', 5, bytes.length - 1);
        const key = Object.keys(script).find((part) => statement.includes(part));
        for (const part of key === undefined ? usual(statement) : (script[key] as Reply)) {
          if (part === hangUp) client.destroy();
          else client.write(part);
        }
      } else client.destroy(); // a goodbye, or a request to cancel
    },
  );
}

/** A server that gives the answers that real ones seldom give, to statements without parameters. Answers how to connect to it. */
export function scriptedServer(script: Script): Resource<ClientConfig> {
  return resource({
    name: 'scripted server',
    async acquire() {
      const clients = new Set<Socket>();
      const listener = createServer((client) => {
        clients.add(client);
        serve(client, script);
      }).listen(0, '127.0.0.1');
      await once(listener, 'listening');
      return { listener, clients };
    },
    async release({ listener, clients }) {
      const closed = once(listener, 'close');
      listener.close();
      for (const client of clients) client.destroy();
      await closed;
    },
  }).pipe(
    mapValue(({ listener }) => {
      const { port } = listener.address() as AddressInfo;
      return { host: '127.0.0.1', port, user: 'nobody', database: 'none', password: '' };
    }),
  );
}
