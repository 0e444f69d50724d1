import { createServer, type RequestListener } from 'node:http';
import { once } from 'node:events';
import type { AddressInfo, Socket } from 'node:net';
import { tally } from '../measure/tally.js';
import type { Run, Variant, Workload } from '../measure/workload.js';
import { rxscope } from './library.js';
import { connected, node, requestFor } from './servers.js';

const connections = 10;

const answer: RequestListener = (_request, response) => {
  tally.opened += 1;
  response.end('hello');
};

/** Answers the port on which it listens. */
type Start = () => Promise<number>;

const bare: Start = async () => {
  const server = createServer(answer).listen(0, '127.0.0.1');
  await once(server, 'listening');
  return (server.address() as AddressInfo).port;
};

const tracked: Start = async () => (await rxscope.lease(node.httpServer(answer))).value.port;

const given: Start = async () => (await rxscope.lease(node.httpServer(createServer(answer)))).value.port;

const inScope: Start = async () => {
  const nothing = rxscope.resource({ acquire: () => null, release: () => undefined });
  const server = node.httpServer((request, response) =>
    rxscope.using(nothing, () => {
      answer(request, response as never);
      return [];
    }),
  );
  return (await rxscope.lease(server)).value.port;
};

const request = requestFor('/');

/** Asks so many times, one after the other: each answer comes in one piece. */
function asking(socket: Socket, times: number): Promise<void> {
  return new Promise((resolve) => {
    let left = times;
    const heard = (text: string): void => {
      if (!text.endsWith('hello')) throw new Error(`Half an answer: ${text}`);
      tally.used += 1;
      left -= 1;
      if (left > 0) socket.write(request);
      else {
        socket.off('data', heard);
        resolve();
      }
    };
    socket.on('data', heard).write(request);
  });
}

function serving(start: Start): Run {
  let sockets: Socket[] | null = null;
  return async (operations) => {
    if (sockets === null) {
      const port = await start();
      sockets = await Promise.all(Array.from({ length: connections }, () => connected(port)));
    }
    await Promise.all(sockets.map((socket) => asking(socket, operations)));
  };
}

const variant = (name: string, start: Start): Variant => ({ name, prepare: () => serving(start) });

export const workloads: readonly Workload[] = [
  {
    id: 'W15',
    title: 'HTTP server, 10 connections that are kept alive, client and server in one process',
    kind: 'time',
    unit: 'request',
    units: connections,
    patience: 4,
    work: { opened: connections, used: connections, closed: 0 },
    floor: variant('node:http', bare),
    variants: [
      variant('node:http once more', bare),
      variant('rxscope httpServer', tracked),
      variant('rxscope httpServer of a server', given),
      variant('rxscope httpServer, a scope for each request', inScope),
    ],
    // At least 0.97 of its requests per second.
    goals: [{ variant: 'rxscope httpServer', atMost: 1.03 }],
  },
];
