import { finished } from 'node:stream';

/** Node's response, of HTTP/1 or HTTP/2. */
export interface ResponsePort extends NodeJS.WritableStream {
  readonly headersSent: boolean;
  setHeader(name: string, value: string): unknown;
  readonly req: { readonly httpVersionMajor: number; readonly socket: { readonly errored: Error | null } | null };
  /** Of HTTP/2. */
  readonly stream?: { readonly aborted: boolean; readonly rstCode?: number | undefined };
}

/**
 * Calls `done` once a response is over: `true` where all of it was handed over to the system, `false` where the client
 * left first, or the connection was cut. At once where that has happened already.
 *
 * The response, not the request: a request closes when its body has been read.
 */
export function onResponseEnd(response: ResponsePort, done: (isSent: boolean) => void): void {
  let isCut = false;
  // Node also says 'finish' of what was still to be written when the connection failed.
  response.once('finish', () => {
    isCut = wasCut(response);
  });
  finished(response, { readable: false }, (error) => {
    done(error == null && !isCut);
  });
}

function wasCut({ req, stream }: ResponsePort): boolean {
  if (req.httpVersionMajor < 2) return req.socket?.errored != null;
  // 'aborted' is said only of a response that was not ended by its writer; the code, of any that was not read to its end.
  return stream?.aborted === true || (stream?.rstCode ?? 0) !== 0;
}
