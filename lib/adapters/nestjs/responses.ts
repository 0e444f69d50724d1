import { HttpAdapterHost, Inject, Injectable } from './framework.js';
import type { HttpRequestPort, HttpResponsePort } from './http-port.js';

/** What is called of an instance of Fastify. */
interface FastifyPort {
  addHook(
    name: 'onRequest',
    hook: (request: { readonly raw: object }, reply: { readonly raw: HttpResponsePort }, done: () => void) => void,
  ): void;
}

/** The response to a request, for whoever has the request alone. One of Express knows its response; one of Fastify does not. */
export class Responses {
  private readonly responses = new WeakMap<object, HttpResponsePort>();

  constructor(private readonly host: HttpAdapterHost) {}

  /** @internal Called by Nest before it listens. Not before: a module that is tested is made without its platform. */
  onModuleInit(): void {
    // An application without a server has no adapter, whatever its type says.
    const adapter = this.host.httpAdapter as HttpAdapterHost['httpAdapter'] | undefined;
    if (adapter?.getType() !== 'fastify') return;
    adapter.getInstance<FastifyPort>().addHook('onRequest', (request, reply, done) => {
      this.responses.set(request.raw, reply.raw);
      done();
    });
  }

  /** Undefined where it is not known: Fastify calls Nest's middleware, with Node's own request, before the hook. */
  of({ res, raw }: HttpRequestPort): HttpResponsePort | undefined {
    return res ?? (raw && this.responses.get(raw));
  }
}

Injectable()(Responses);
Inject(HttpAdapterHost)(Responses, undefined, 0);
