import type { ResponsePort } from '../response/response-end.js';

/**
 * What is called of Fastify, in its versions 4 and 5. Any instance of it fits, encapsulated ones included.
 */
export interface AppPort {
  /** The server behind the instance, shared by all that are encapsulated in one application. */
  readonly server: { readonly listening: boolean };
  readonly log: LogPort;
  /** Registers hooks; what each is called with stands in {@link HookPort}. */
  addHook(...args: never[]): unknown;
  /** Puts a value on the instance. */
  decorate(...args: never[]): unknown;
  /** Declares a route. */
  get(...args: never[]): unknown;
  close(): PromiseLike<unknown>;
}

/** Where what has nobody to go to is written. */
export interface LogPort {
  error(details: object, message: string): void;
}

/** A request. */
export interface RequestPort {
  readonly raw: object;
  readonly log: LogPort;
}

/** A reply. */
export interface ReplyPort {
  readonly raw: ResponsePort;
  code(statusCode: number): unknown;
}

/** Answers a request. */
export type Handler = (this: unknown, request: RequestPort, reply: ReplyPort) => unknown;

/** The hooks that are used, as they are called. */
export interface HookPort {
  addHook(name: 'onRequest', hook: (request: RequestPort, reply: ReplyPort, done: () => void) => void): void;
  addHook(
    name: 'onError',
    hook: (request: RequestPort, reply: ReplyPort, error: unknown, done: () => void) => void,
  ): void;
  addHook(name: 'onSend', hook: (request: RequestPort, reply: ReplyPort, payload: unknown) => Promise<unknown>): void;
  addHook(name: 'onRoute', hook: (route: { handler: Handler }) => void): void;
  addHook(name: 'preClose' | 'onClose', hook: () => Promise<void>): void;
}

/** How values are put on an instance. */
export interface DecoratePort {
  decorate(name: string, value: unknown): void;
}

/** How a route is declared. */
export interface RoutePort {
  get(path: string, options: object, handler: (request: RequestPort, reply: ReplyPort) => Promise<unknown>): void;
}
