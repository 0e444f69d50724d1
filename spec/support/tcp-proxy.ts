import { once } from 'node:events';
import { connect, createServer, type AddressInfo, type NetConnectOpts, type Server, type Socket } from 'node:net';
import { mapValue, resource, type Resource } from '../../lib/index.js';

/** A connection through the proxy: what the client sees, and what the server sees. */
interface Pair {
  readonly client: Socket;
  readonly server: Socket;
}

/**
 * Stands between a client and a server, and does what networks do: loses answers, goes silent, breaks.
 *
 * Everything that is sent towards the server arrives there, unless the proxy is silent.
 */
export class TcpProxy {
  /** How many bytes of answers were lost. */
  lost = 0;
  /** How many connections were refused. */
  refused = 0;
  private readonly pairs = new Set<Pair>();
  private loses: ((request: Buffer) => boolean) | null = null;
  private isDeaf = false;
  private isRefusing = false;

  constructor(
    private readonly listener: Server,
    private readonly target: NetConnectOpts,
  ) {
    listener.on('connection', (client) => {
      if (this.isRefusing) {
        this.refused++;
        client.on('error', () => undefined).destroy();
      } else {
        this.join({ client, server: connect(this.target) });
      }
    });
  }

  readonly host = '127.0.0.1';

  get port(): number {
    return (this.listener.address() as AddressInfo).port;
  }

  /** How many connections go through it. */
  get connections(): number {
    return this.pairs.size;
  }

  /**
   * Loses the answers of a connection from the first request on that contains `text`: the server does what it was asked,
   * and the client is not told. Resolves once the first answer has been lost, and breaks that connection then, unless
   * told to keep it.
   */
  loseAnswerTo(text: string, { keep = false } = {}): Promise<void> {
    return new Promise((resolve) => {
      this.loses = (request) => request.includes(text);
      this.onLoss = ({ client, server }) => {
        if (!keep) {
          client.destroy();
          server.destroy();
        }
        resolve();
      };
    });
  }

  /** Nothing goes either way from now on, and nobody is told. */
  silence(): void {
    this.isDeaf = true;
    for (const { client, server } of this.pairs) {
      client.pause();
      server.pause();
    }
  }

  /** What was held up by silence goes on. */
  resume(): void {
    this.isDeaf = false;
    this.loses = null;
    for (const { client, server } of this.pairs) {
      client.resume();
      server.resume();
    }
  }

  /** Breaks every connection, and each new one, until told to `accept` them again. */
  refuse(): void {
    this.isRefusing = true;
    this.cut();
  }

  /** Breaks each new connection. Those that are there go on. */
  refuseNew(): void {
    this.isRefusing = true;
  }

  accept(): void {
    this.isRefusing = false;
  }

  /** Breaks every connection. New ones are welcome. */
  cut(): void {
    for (const { client, server } of this.pairs) {
      client.destroy();
      server.destroy();
    }
  }

  private onLoss: (pair: Pair) => void = () => undefined;

  private join(pair: Pair): void {
    const { client, server } = pair;
    this.pairs.add(pair);
    let isLost = false;
    client.on('data', (bytes) => {
      isLost ||= this.loses?.(bytes) === true;
      server.write(bytes);
    });
    server.on('data', (bytes) => {
      if (!isLost) {
        client.write(bytes);
        return;
      }
      this.lost += bytes.length;
      this.loses = null; // one connection loses it; the next ones work
      this.onLoss(pair);
    });
    for (const [socket, other] of [
      [client, server],
      [server, client],
    ] as const) {
      socket.on('error', () => undefined); // `close` follows
      socket.on('close', () => {
        this.pairs.delete(pair);
        other.destroy();
      });
    }
    if (this.isDeaf) this.silence();
  }
}

/** A proxy on a port of this machine, in front of `target`. */
export function tcpProxy(target: NetConnectOpts): Resource<TcpProxy> {
  return resource({
    name: 'proxy',
    async acquire() {
      const listener = createServer();
      const proxy = new TcpProxy(listener, target);
      listener.listen(0, proxy.host);
      await once(listener, 'listening');
      return { listener, proxy };
    },
    async release({ listener, proxy }) {
      const closed = once(listener, 'close');
      listener.close();
      proxy.cut();
      await closed;
    },
  }).pipe(mapValue(({ proxy }) => proxy));
}
