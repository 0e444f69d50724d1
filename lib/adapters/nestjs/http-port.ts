/** What is called of a request: one of Express, or of Fastify. */
export interface HttpRequestPort {
  /** Node's request, where the framework has one of its own. */
  readonly raw?: object;
  /** The response, as Express has it. */
  readonly res?: HttpResponsePort;
}

/** Node's response. */
export interface HttpResponsePort extends NodeJS.WritableStream {
  readonly destroyed: boolean;
  readonly req: {
    readonly httpVersionMajor: number;
    readonly socket: { readonly destroyed: boolean; readonly errored: Error | null } | null;
  };
  /** Of HTTP/2. */
  readonly stream?: { readonly aborted: boolean };
}

/** A reply of Fastify, or a response of Express. */
export type HttpReplyPort = HttpResponsePort | { readonly raw: HttpResponsePort };
