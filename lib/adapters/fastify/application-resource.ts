import { lease, onExit, type Exit, type Lease, type Resource } from '../../core/index.js';
import { kindOf } from '../../internal/check.js';
import type { AppPort, DecoratePort, HookPort } from './app-port.js';
import { stateOf, type AppState } from './app-state.js';
import { asPlugin, type Plugin } from './plugin.js';

/** Options of {@link applicationResource}. */
export interface ApplicationResourceOptions {
  /** Names of plugins that have to be registered before: of other application resources, or of any plugin. Default: none. */
  readonly dependencies?: readonly string[];
  /**
   * What happens when the handle is lost. `'close'`, the default: the application is closed, and the loss is logged.
   * A function is called with the `ResourceLostError` and the instance instead. Either way readiness is over.
   */
  readonly onLost?: 'close' | ((error: unknown, app: AppPort) => void);
}

/** A resource of an application: a plugin to register, and the way to its handle. */
export interface ApplicationResource<T> extends Plugin {
  /** The handle. Throws where the plugin has not been loaded into that application. */
  of(app: AppPort): T;
}

/**
 * A resource that lives as long as a Fastify application: entered when the plugin is loaded, released when the application
 * closes. Its handle is `app[name]`, and typed `plugin.of(app)`.
 *
 * Use it for pools, clients, caches. For what belongs to one request there is {@link perRequest}. A function is called with
 * the instance, for resources that are made of others.
 *
 * **Guarantees.** Entered in the order of registration, each before the next plugin loads; released in reverse, each
 * finished before the next, after the server has answered what was in flight and the scopes of all requests are released.
 * What closes in an `onClose` hook registered later closes before. Where one fails to enter, `ready()` fails with that
 * error and those entered before are released at once. Where somebody else's plugin fails, they are released by
 * `app.close()`, which {@link fastifyServer} calls.
 *
 * **Cancellation.** Closing while it is entered, as after Fastify's `pluginTimeout`, aborts the signal of its acquire; what
 * still comes is released (law 13).
 *
 * **Errors.** What releasing fails with is logged, and `app.close()` rejects; the other resources are released all the
 * same. Of several failures Fastify passes on the last. A release that hangs holds `close()` up: give the resource a
 * `releaseTimeout`. A `TypeError` at the call for what is neither a resource nor a function.
 *
 * Follows the lifespan of ASGI applications, and avvio, which calls `onClose` in reverse.
 *
 * @example
 * ```ts
 * import fastify from 'fastify';
 * import { resource } from 'rxscope';
 * import { applicationResource } from 'rxscope/fastify';
 *
 * const log: string[] = [];
 * const part = (name: string) => resource({ name, acquire: () => name, release: () => log.push(`${name} closed`) });
 * const database = applicationResource('db', part('database'));
 * const users = applicationResource('users', (app) => part(`users in ${database.of(app)}`), { dependencies: ['db'] });
 *
 * const app = fastify();
 * await app.register(database);
 * await app.register(users);
 * users.of(app); // => 'users in database'
 * await app.close();
 * log; // => ['users in database closed', 'database closed']
 * ```
 */
export function applicationResource<T>(
  name: string,
  source: Resource<T> | ((app: AppPort) => Resource<T>),
  options: ApplicationResourceOptions = {},
): ApplicationResource<T> {
  checkName(name);
  checkSource(source);
  const handles = new WeakMap<object, { readonly value: T }>();
  const plugin = async (app: AppPort): Promise<void> => {
    const made = typeof source === 'function' ? source(app) : source;
    const value = await new Held(app, name, options.onLost ?? 'close').enter(made);
    handles.set(app.server, { value });
    (app as unknown as DecoratePort).decorate(name, value);
  };
  const of = (app: AppPort): T => {
    const found = handles.get(app.server);
    if (found !== undefined) return found.value;
    throw new TypeError(
      `Expected an application with '${name}', which is not there. Await app.register(...) of it first.`,
    );
  };
  return asPlugin(Object.assign(plugin, { of }), { name, dependencies: options.dependencies ?? [] });
}

/** One resource in one application. */
class Held {
  private readonly state: AppState;
  private readonly leaving = new AbortController();
  private entering: Promise<Lease<unknown>> | null = null;

  constructor(
    private readonly app: AppPort,
    private readonly name: string,
    private readonly onLost: 'close' | ((error: unknown, app: AppPort) => void),
  ) {
    this.state = stateOf(app);
  }

  async enter<T>(source: Resource<T>): Promise<T> {
    // Before entering: a hook that is added after the application has closed is never called.
    (this.app as unknown as HookPort).addHook('onClose', () => this.close());
    try {
      const watched = source.pipe(
        onExit((exit) => {
          this.watch(exit);
        }),
      );
      const entering = lease(watched, { signal: this.leaving.signal });
      this.entering = entering;
      const held = await entering;
      this.state.hold(held);
      return held.value;
    } catch (error) {
      await this.state.unwind({ kind: 'error', error }, (failure) => {
        this.tell(failure, 'failed to be released');
      });
      throw error;
    }
  }

  private async close(): Promise<void> {
    await this.state.idle();
    this.leaving.abort();
    // What entering has failed with was told by ready().
    const held = await this.entering?.catch(() => null);
    try {
      await held?.release();
    } catch (error) {
      if (this.state.lost.has(this.name)) return; // told when it happened
      this.tell(error, 'failed to be released');
      throw error;
    }
  }

  private watch(exit: Exit): void {
    if (exit.kind !== 'error' || !isLoss(exit.error) || this.state.closing) return;
    this.state.lost.add(this.name);
    if (this.onLost !== 'close') {
      this.onLost(exit.error, this.app);
      return;
    }
    this.tell(exit.error, 'was lost: the application is closed');
    // What closing fails with is logged by whoever failed.
    this.app.close().then(undefined, () => undefined);
  }

  private tell(error: unknown, what: string): void {
    this.app.log.error({ err: error }, `Application resource '${this.name}' ${what}`);
  }
}

/** By its code: a resource may come from another copy of the package. */
function isLoss(error: unknown): boolean {
  return (error as { readonly code?: unknown } | null | undefined)?.code === 'RXSCOPE_LOST';
}

/** Refuses what cannot be the name of a decorator. */
function checkName(name: unknown): void {
  if (typeof name === 'string' && name !== '') return;
  const received = name === '' ? 'an empty string' : kindOf(name);
  throw new TypeError(`applicationResource() expects a name for the handle, received ${received}.`);
}

/** A resource of another copy of the package is no instance of ours; entering it tells what else it is not. */
function checkSource(source: unknown): void {
  if (typeof source === 'function') return;
  if (typeof (source as { readonly pipe?: unknown } | null | undefined)?.pipe === 'function') return;
  throw new TypeError(
    `applicationResource() expects a Resource, or a function that makes one, received ${kindOf(source)}. Make one with resource().`,
  );
}
