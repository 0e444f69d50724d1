import { andThen, mapValue, resource, type Resource } from '../../core/index.js';
import { checkFunction } from '../../internal/check.js';

/** What is called of an application that listens. */
export interface ListeningPort {
  listen(...args: never[]): unknown;
  close(): PromiseLike<unknown>;
}

/** Where an application listens. Handed to Fastify's `listen` as it is. */
export interface ListenOptions {
  /** Default 0: any that is free. */
  readonly port?: number;
  /** Default `'localhost'`. */
  readonly host?: string;
  /** Path of a socket, instead of a port. */
  readonly path?: string;
  /** Whatever else `listen` takes. */
  readonly [option: string]: unknown;
}

/**
 * A Fastify application as a resource: listening when it is entered, closed when it is released. For `lifespan`, `runMain` and
 * tests.
 *
 * **Guarantees.** `build` is called for each scope, and should answer the application itself: awaited, as an `async` function
 * does, it loads, and where that fails there is nobody to close it. Where a plugin fails, or the port is taken, it is
 * closed before the error passes: what its plugins have opened is released. The release is Fastify's `close()`: it answers what is in flight,
 * then releases resources in reverse.
 *
 * **Errors.** Those of `build`, `listen` and `close`, as they are; closing after a failed start adds its error as a
 * `SuppressedError`. A client that stays connected can hold `close()` up: give it `releaseTimeout(ms)`, or the application
 * `forceCloseConnections: true`, which cuts off what is in flight as well.
 *
 * @example
 * ```ts
 * import fastify from 'fastify';
 * import { lastValue, using } from 'rxscope';
 * import { fastifyServer } from 'rxscope/fastify';
 *
 * const build = () => fastify().get('/', async () => 'hello');
 * const work = using(fastifyServer(build), async (app) => (await fetch(app.listeningOrigin)).text());
 * await lastValue(work); // => 'hello'
 * ```
 */
export function fastifyServer<A extends ListeningPort>(
  build: () => A | PromiseLike<A>,
  options: ListenOptions = {},
): Resource<A> {
  checkFunction(build, 'build');
  const built = resource({
    name: 'fastify',
    acquire: () => boxed(build()),
    release: ({ app }) => app.close(),
  });
  // Held already when it begins to listen, so that it is closed where it does not come to that.
  const listening = (box: Box<A>): Resource<Box<A>> =>
    resource({
      name: 'fastify',
      acquire: async () => {
        await (box.app as unknown as ListenPort).listen(withPort(options));
        return box;
      },
    });
  return built.pipe(andThen(listening)).pipe(mapValue(({ app }) => app));
}

/** Fastify has no port of its own choice where it is told a host alone. */
function withPort(options: ListenOptions): ListenOptions {
  return options.path === undefined ? { port: 0, ...options } : options;
}

interface ListenPort {
  listen(options: ListenOptions): PromiseLike<unknown>;
}

interface Box<A> {
  readonly app: A;
}

/**
 * An application is a thenable itself, and loads when it is awaited. Where that fails nobody would have it to close it: it is
 * kept in a box.
 */
function boxed<A extends ListeningPort>(built: A | PromiseLike<A>): Box<A> | PromiseLike<Box<A>> {
  return 'listen' in built ? { app: built } : built.then((app) => ({ app }));
}
