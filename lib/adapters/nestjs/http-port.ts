import type { ResponsePort } from '../response/response-end.js';

/** What is called of a request: one of Express, or of Fastify. */
export interface HttpRequestPort {
  /** Node's request, where the framework has one of its own. */
  readonly raw?: object;
  /** The response, as Express has it. */
  readonly res?: HttpResponsePort;
}

/** Node's response. */
export interface HttpResponsePort extends ResponsePort {
  readonly destroyed: boolean;
  readonly req: ResponsePort['req'] & { readonly socket: { readonly destroyed: boolean } | null };
}

/** A reply of Fastify, or a response of Express. */
export type HttpReplyPort = HttpResponsePort | { readonly raw: HttpResponsePort };
