import { AsyncLocalStorage } from 'node:async_hooks';

import { checkChoice } from '../../internal/check.js';
import type { RequestScope } from '../response/request-scope.js';
import { SentBody } from '../response/sent-body.js';
import type { AppPort, Handler, HookPort, ReplyPort, RequestPort } from './app-port.js';
import { stateOf, type AppState } from './app-state.js';
import { payloadStream } from './payload-stream.js';
import { asPlugin, type Plugin } from './plugin.js';
import { FastifyRequestScope } from './request-scope.js';

/** Options of {@link requestScope}. */
export interface RequestScopeOptions {
  /**
   * What becomes of a request whose client hangs up. `'unsubscribe'`, the default: its `signal` aborts and everything is
   * released at once, told `unsubscribe`, whether its handler still runs or not. `'finish'`: the handler goes on, and what
   * it used is released when it has ended, told how.
   */
  readonly onDisconnect?: 'unsubscribe' | 'finish';
  /**
   * When what was entered is released. `'after-response'`, the default: when the last byte is on its way. `'before-response'`:
   * before the first one, so that a release that fails, as a commit can, is answered with an error; what a stream uses
   * is still released after it.
   */
  readonly release?: 'after-response' | 'before-response';
  /**
   * Whether {@link RequestScopes.current} answers. Default `false`: an `AsyncLocalStorage` that is in use makes every promise
   * of the process a little slower.
   */
  readonly ambient?: boolean;
  /** Called with what a release has failed with where no answer can tell it any more. Default: it is logged. */
  readonly onReleaseError?: (error: unknown, request: RequestPort) => void;
}

/** Request scopes of an application: a plugin to register, and the way to the scope of a request. */
export interface RequestScopes extends Plugin {
  /** The scope of a request. Throws where the plugin was not registered for its route. */
  of(request: RequestPort): RequestScope;
  /** The scope of the request whose handler has led here; undefined outside of one, and without the option `ambient`. */
  current(): RequestScope | undefined;
}

/**
 * A scope for each request, for what lives no longer than that: a transaction, a client on behalf of a user, a temporary file.
 *
 * Register it before the routes that use it; it acts on the instance it is registered on, and on its children. Then
 * {@link perRequest} makes typed accessors, or use `of(request)`: `enter(resource)` and `signal`.
 *
 *     request     ^---enter------.............        (^ comes in, . not waited for)
 *     handler         [ work ]
 *     response                [headers][body]|        (| sent)
 *     released                               !        (! in reverse, each finished before the next)
 *
 * **Guarantees.** Nothing is made before the first `enter`. The scope ends with the *response*, never with the request, which
 * closes as soon as its body has been read. While a handler's promise is pending, or a stream is being sent, nothing
 * is released, unless the client leaves. The exit tells how it went: `complete`; `error` with the very error that the
 * handler, a hook, a serializer or the stream failed with, also where an error handler answers for it; `unsubscribe` where the
 * client has hung up. `app.close()` waits for all releases, and application resources are released after them; it
 * waits for no connection that a client would keep after an answer: what is answered from then on says `Connection: close`.
 *
 * **Cancellation.** By `onDisconnect`. A handler that rejects with the reason of the signal then is not logged as failing.
 *
 * **Errors.** A failed release is logged, or goes to `onReleaseError`; with `release: 'before-response'` it fails the request.
 * Where a handle is lost, everything is released at once, and the signal aborts with the `ResourceLostError`.
 *
 * Follows FastAPI's dependencies with `yield`, whose `scope` is the same choice as `release`.
 *
 * @example
 * ```ts
 * import fastify from 'fastify';
 * import { resource } from 'rxscope';
 * import { requestScope } from 'rxscope/fastify';
 *
 * const log: string[] = [];
 * const session = resource({ acquire: () => 'session', release: (_, exit) => log.push(`released: ${exit.kind}`) });
 * const scopes = requestScope();
 *
 * const app = fastify();
 * await app.register(scopes);
 * app.get('/', async (request) => `in a ${await scopes.of(request).enter(session)}`);
 *
 * const answer = await fetch(await app.listen());
 * await answer.text(); // => 'in a session'
 * await app.close();
 * log; // => ['released: complete']
 * ```
 */
export function requestScope(options: RequestScopeOptions = {}): RequestScopes {
  const { onDisconnect = 'unsubscribe', release = 'after-response' } = options;
  checkChoice(onDisconnect, 'onDisconnect', ['unsubscribe', 'finish']);
  checkChoice(release, 'release', ['after-response', 'before-response']);
  const plugin = (app: AppPort): Promise<void> => {
    addHooks(app, app, options);
    return Promise.resolve();
  };
  return asPlugin(Object.assign(plugin, { of: scopeOf, current: () => current.getStore() }), {
    name: 'rxscope-request-scope',
  });
}

const current = /* @__PURE__ */ new AsyncLocalStorage<RequestScope>();
const scopes = /* @__PURE__ */ new WeakMap<RequestPort, FastifyRequestScope>();

/** The scope of a request, whichever plugin has made it. */
export function scopeOf(request: RequestPort): FastifyRequestScope {
  const scope = scopes.get(request);
  if (scope !== undefined) return scope;
  throw new TypeError(
    'Expected a request with a scope, received one without. Register requestScope() before its route, on its instance or around it.',
  );
}

function addHooks(hooks: HookPort, app: AppPort, options: RequestScopeOptions): void {
  const state = stateOf(app);
  let hasListened = false; // an application that is injected requests never does
  hooks.addHook('onRoute', (route) => {
    route.handler = inScope(route.handler, options.ambient === true);
  });
  hooks.addHook('onRequest', (request, reply, done) => {
    hasListened ||= app.server.listening;
    if (!scopes.has(request)) begin(request, reply, state, options);
    done();
  });
  hooks.addHook('onError', (request, _reply, error, done) => {
    scopes.get(request)?.fail(error);
    done();
  });
  hooks.addHook('onSend', (request, _reply, payload) => {
    const scope = scopes.get(request);
    if (hasListened && !app.server.listening) scope?.keepNoConnection();
    return send(scope, payload, options);
  });
  hooks.addHook('onClose', () => state.idle());
}

function begin(request: RequestPort, reply: ReplyPort, state: AppState, options: RequestScopeOptions): void {
  const { onDisconnect = 'unsubscribe', onReleaseError = logged } = options;
  const scope = new FastifyRequestScope(reply.raw, onDisconnect, (error) => {
    onReleaseError(error, request);
  });
  scopes.set(request, scope);
  state.keep(scope.ended);
}

/** Answers the payload, or what it is read by. */
async function send(
  scope: FastifyRequestScope | undefined,
  payload: unknown,
  { release }: RequestScopeOptions,
): Promise<unknown> {
  if (scope?.isOpen !== true) return payload;
  const stream = payloadStream(payload);
  if (stream !== null) {
    scope.send(
      new SentBody(stream, (error) => {
        scope.fail(error);
      }),
    );
    return stream;
  }
  if (release === 'before-response') await scope.endEarly();
  return payload;
}

/** A handler whose scope knows when it runs, and how it ends. Around itself, as for a HEAD that comes with a GET, it changes nothing. */
function inScope(handler: Handler, isAmbient: boolean): Handler {
  return function (request, reply) {
    const scope = scopes.get(request);
    const call = (): unknown => handler.call(this, request, reply);
    if (scope === undefined) return call();
    return isAmbient ? current.run(scope, () => scope.handle(call)) : scope.handle(call);
  };
}

function logged(error: unknown, request: RequestPort): void {
  request.log.error({ err: error }, 'What belongs to the request failed to be released');
}
