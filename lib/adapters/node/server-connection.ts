/**
 * What a connection of a server is at. `fresh`: connected, and nothing asked yet, as browsers do in advance. `idle`: kept
 * open between two requests. `active`: a request is arriving or being answered. `upgraded`: handed over to another protocol,
 * as with WebSockets.
 */
export type ConnectionState = 'fresh' | 'idle' | 'active' | 'upgraded';

/** How many connections a server has, and what they are at. */
export type ConnectionCounts = Readonly<Record<ConnectionState | 'total', number>>;

/** A connection that was in use when it was cut. */
export interface CutConnection {
  /** What it was at: `active` or `upgraded`. */
  readonly state: ConnectionState;
  /** Address and port of the other side. */
  readonly peer: string;
  /** What was being answered, as in `GET /report`. Empty where a request had not arrived, and where there are none. */
  readonly requests: readonly string[];
}

/** What a drain has come to. */
export interface DrainReport {
  /** Milliseconds from when the listener was closed until everything was over. */
  readonly duration: number;
  /** Requests that were answered with 503, because they came too late. */
  readonly refused: number;
  /** What was cut at the deadline; empty where all was over before. */
  readonly cut: readonly CutConnection[];
}

/** A connection as the drain of its server sees it. */
export interface ServerConnection extends CutConnection {
  /** Asks the other side to leave, in the words of its protocol. */
  leave(): void;
  /** Closes it as soon as nothing is under way on it. */
  closeWhenIdle(): void;
  /** Closes it whatever is under way. */
  cut(): void;
}

export function countConnections(connections: Iterable<ServerConnection>): ConnectionCounts {
  const counts = { total: 0, fresh: 0, idle: 0, active: 0, upgraded: 0 };
  for (const { state } of connections) {
    counts[state]++;
    counts.total++;
  }
  return counts;
}

/** Cuts all of them, and tells those that were in use. */
export function cutConnections(connections: Iterable<ServerConnection>): CutConnection[] {
  const cut: CutConnection[] = [];
  for (const connection of [...connections]) {
    const { state, peer, requests } = connection;
    if (state === 'active' || state === 'upgraded') cut.push({ state, peer, requests });
    connection.cut();
  }
  return cut;
}

interface Addressed {
  readonly remoteAddress?: string | undefined;
  readonly remotePort?: number | undefined;
}

export function peerOf({ remoteAddress = 'local socket', remotePort }: Addressed): string {
  return remotePort === undefined ? remoteAddress : `${remoteAddress}:${remotePort}`;
}
