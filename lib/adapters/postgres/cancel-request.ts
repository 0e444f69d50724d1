import { connect } from 'node:net';

import { Observable } from 'rxjs';

import type { ClientPort } from './client-port.js';

/** What a connection says instead of a version, to have a statement of another one cancelled. */
const CANCEL = 80877102;

/**
 * Has the server cancel what runs on a connection, as `Ctrl-C` in `psql` does: over a connection of its own, which needs no
 * account. Completes once the server has signalled the session; what is sent on the session after that is safe. Where nothing
 * ran any more, nothing happens. Fails where the server cannot be reached, or the client does not say who it is.
 *
 * The request is sent in the clear, also where the session is encrypted, as libpq did until version 17: it holds the secret of
 * that session and nothing else. Source: "Canceling Requests in Progress" of PostgreSQL's protocol.
 */
export function cancelRunning(client: ClientPort): Observable<never> {
  return new Observable((subscriber) => {
    const { processID, secretKey, host, port } = client;
    if (typeof processID !== 'number' || typeof secretKey !== 'number' || host === undefined || port === undefined) {
      throw new TypeError('Expected a client with host, port, processID and secretKey, as pg has them.');
    }
    const isSocket = host.startsWith('/');
    const socket = connect(isSocket ? { path: `${host}/.s.PGSQL.${String(port)}` } : { host, port });
    socket.once('error', (error) => {
      subscriber.error(error);
    });
    socket.once('close', () => {
      subscriber.complete();
    });
    socket.once('connect', () => socket.end(cancelRequest(processID, secretKey)));
    socket.resume();
    subscriber.add(() => socket.destroy());
  });
}

function cancelRequest(processId: number, secretKey: number): Buffer {
  const request = Buffer.alloc(16);
  [16, CANCEL, processId, secretKey].forEach((word, index) => request.writeInt32BE(word, index * 4));
  return request;
}
