import { finished } from 'node:stream';

import type { HttpResponsePort } from './http-port.js';

/**
 * Calls `done` once a response is over: `true` where all of it was handed over to the system, `false` where the client
 * left first, or the connection was cut. At once where that has happened already.
 *
 * The response, not the request: a request closes when its body has been read.
 */
export function onResponseEnd(response: HttpResponsePort, done: (isSent: boolean) => void): void {
  let isCut = false;
  // Node also says 'finish' of what was still to be written when the connection failed.
  response.once('finish', () => {
    isCut = wasCut(response);
  });
  finished(response, { readable: false }, (error) => {
    done(error == null && !isCut);
  });
}

/** Whether the client has gone already, though nobody may have been told yet. */
export function isGone({ destroyed, req }: HttpResponsePort): boolean {
  return destroyed || req.socket?.destroyed === true;
}

function wasCut({ req, stream }: HttpResponsePort): boolean {
  return req.httpVersionMajor < 2 ? req.socket?.errored != null : stream?.aborted === true;
}
