import { once } from 'node:events';
import { createServer, type RequestListener } from 'node:http';
import { connect as connectHttp2, createServer as createHttp2Server } from 'node:http2';
import { connect, type Socket } from 'node:net';
import { setTimeout as wait } from 'node:timers/promises';
import type { Lease } from '../../lib/index.js';
import type { HttpServer } from '../../lib/adapters/node/index.js';
import type { Delay, Workload } from '../measure/workload.js';
import { rxscope } from './library.js';
import { connected, heard, node, requestFor } from './servers.js';

/** Milliseconds that a request takes which is under way when the server is left. */
const working = 100;

/** When the last response was ended: what is under way cannot be closed before. */
let answeredAt = 0;

const answer: RequestListener = (request, response) => {
  const finish = (): void => {
    answeredAt = performance.now();
    response.end('all of it');
  };
  if (request.url === '/stream') response.write('some of it');
  if (request.url === '/now') finish();
  else setTimeout(finish, working);
};

type Served = Lease<HttpServer>;

const serve = (server = createServer(answer)): Promise<Served> =>
  rxscope.lease(node.httpServer(server, { deadline: 3000 }));

/** Milliseconds from `since`, or from when it is left, until the server is closed. */
async function leave(held: Served, since?: () => number): Promise<number> {
  const began = performance.now();
  await held.release();
  return performance.now() - (since?.() ?? began);
}

async function idle(count: number): Promise<number> {
  const held = await serve();
  const sockets = await Promise.all(Array.from({ length: count }, () => connected(held.value.port)));
  await Promise.all(
    sockets.map(async (socket) => {
      const done = heard(socket, 'all of it');
      socket.write(requestFor('/now'));
      await done;
    }),
  );
  return leave(held);
}

async function fresh(): Promise<number> {
  const held = await serve();
  await connected(held.value.port);
  while (held.value.connections.fresh === 0) await wait(1);
  return leave(held);
}

async function underWay(path: string): Promise<number> {
  const held = await serve();
  const socket = await connected(held.value.port);
  socket.write(requestFor(path));
  if (path === '/stream') await heard(socket, 'some of it');
  while (held.value.connections.active === 0) await wait(1);
  return leave(held, () => answeredAt);
}

/** Until somebody who connects while a request is under way is refused. */
async function refused(): Promise<number> {
  const held = await serve();
  const socket = await connected(held.value.port);
  socket.write(requestFor('/work'));
  while (held.value.connections.active === 0) await wait(1);
  const released = held.release();
  const began = performance.now();
  await once(connect(held.value.port, '127.0.0.1'), 'error');
  const within = performance.now() - began;
  await released;
  return within;
}

/** The client answers the close frame, and the server closes. */
async function upgraded(): Promise<number> {
  const server = createServer(answer).on('upgrade', (_request, socket: Socket) => {
    socket.write('HTTP/1.1 101 Switching Protocols\r\nconnection: upgrade\r\nupgrade: websocket\r\n\r\n');
    socket.on('data', () => socket.end());
  });
  const held = await serve(server);
  const socket = await connected(held.value.port);
  const switched = heard(socket, '101');
  socket.write(requestFor('/socket', 'connection: upgrade', 'upgrade: websocket'));
  await switched;
  void heard(socket, '\x88').then(() => socket.write('\x88\x80\0\0\0\0', 'latin1'));
  return leave(held);
}

async function http2(path: string | null): Promise<number> {
  const server = createHttp2Server().on('stream', (stream) => {
    stream.respond();
    setTimeout(() => {
      answeredAt = performance.now();
      stream.end('all of it');
    }, working);
  });
  const held = await rxscope.lease(node.httpServer(server, { deadline: 3000 }));
  const client = connectHttp2(held.value.url);
  await once(client, 'remoteSettings');
  if (path !== null) await once(client.request({ ':path': path }).resume(), 'response');
  return leave(held as never, path === null ? undefined : () => answeredAt);
}

const states: Readonly<Record<string, Delay>> = {
  idle: () => idle(1),
  '100 idle': () => idle(100),
  'connected, no request yet': fresh,
  'request under way': () => underWay('/work'),
  'response under way': () => underWay('/stream'),
  'new connection': refused,
  'upgraded (WebSocket)': upgraded,
  'HTTP/2 idle': () => http2(null),
  'HTTP/2 stream under way': () => http2('/work'),
};

export const workloads: readonly Workload[] = [
  {
    id: 'W15d',
    title: 'HTTP server that is left: until it is closed, beyond what its clients need',
    kind: 'delay',
    unit: 'ms',
    variants: Object.entries(states).map(([name, delay]) => ({ name, prepare: () => delay })),
    goals: Object.keys(states).map((variant) => ({ variant, atMost: 50 })),
  },
];
