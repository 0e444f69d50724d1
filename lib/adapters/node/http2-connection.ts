import { constants, type ServerHttp2Session, type ServerHttp2Stream } from 'node:http2';

import { peerOf, type ConnectionState, type ServerConnection } from './server-connection.js';

/** The highest number of a stream: naming it says that all are still answered, the next ones included. */
const LAST_STREAM = 2 ** 31 - 1;

/** A connection that speaks HTTP/2. */
export class Http2Connection implements ServerConnection {
  private readonly streams = new Map<ServerHttp2Stream, string>();
  private isFresh = true;
  readonly peer: string;

  constructor(private readonly session: ServerHttp2Session) {
    this.peer = peerOf(session.socket);
    session.on('stream', (stream: ServerHttp2Stream, headers) => {
      this.isFresh = false;
      this.streams.set(stream, `${headers[':method'] ?? ''} ${headers[':path'] ?? ''}`);
      stream.once('close', () => this.streams.delete(stream));
    });
  }

  get state(): ConnectionState {
    if (this.streams.size > 0) return 'active';
    return this.isFresh ? 'fresh' : 'idle';
  }

  get requests(): readonly string[] {
    return [...this.streams.values()];
  }

  /** The first of two GOAWAYs (RFC 9113, 6.8): the end is near, and nothing has been refused yet. */
  leave(): void {
    if (!this.session.destroyed) this.session.goaway(constants.NGHTTP2_NO_ERROR, LAST_STREAM);
  }

  /** The second: it names the last stream that is answered. Node closes the session when the streams are over. */
  closeWhenIdle(): void {
    if (!this.session.destroyed) this.session.close();
  }

  cut(): void {
    this.session.destroy();
  }
}
