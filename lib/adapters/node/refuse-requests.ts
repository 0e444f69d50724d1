import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Server } from 'node:net';

import { listenTo } from './listen-to.js';

/** All by which a server hands over a request. Without the last four, Node makes a plain one of each, or closes. */
const events = ['request', 'checkContinue', 'checkExpectation', 'upgrade', 'connect'];

/**
 * Answers all requests with 503, and keeps them from those who listen to them. Answers the undo: a server may well listen
 * again later.
 *
 * A client may send the same request to another server then: it was not looked at.
 */
export function refuseRequests(
  server: Server,
  onRefusal: (request: IncomingMessage, response: ServerResponse) => void,
): () => void {
  const kept = events.map((event) => ({ event, listeners: server.rawListeners(event) }));
  for (const { event } of kept) server.removeAllListeners(event);
  const undo = listenTo(server, 'request', (request: IncomingMessage, response: ServerResponse) => {
    onRefusal(request, response);
    response.statusCode = 503;
    response.end();
  });
  return () => {
    undo();
    for (const { event, listeners } of kept) {
      for (const listener of listeners) server.on(event, listener as () => void);
    }
  };
}
