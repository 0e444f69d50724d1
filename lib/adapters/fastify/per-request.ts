import type { Resource } from '../../core/index.js';
import { checkFunction } from '../../internal/check.js';
import type { RequestScope } from '../response/request-scope.js';
import type { RequestPort } from './app-port.js';
import { scopeOf } from './request-scopes.js';

/** Something that each request has for itself. */
export interface PerRequest<T, R extends RequestPort = RequestPort> {
  /** The handle of a request. Entered when it is first asked for; the same for all who ask. */
  (request: R): Promise<T>;
  /** A hook that enters it before the handler: where that fails, the handler is not called. */
  readonly preHandler: (request: R) => Promise<void>;
}

/**
 * A resource for each request that asks for it, entered in its {@link requestScope} and released with that.
 *
 * **Guarantees.** Entered once for each request, when it is first called for; those that nobody asks for cost nothing. One that
 * asks for another inside its factory or its acquire is released before it.
 *
 * **Errors.** What entering fails with, for everybody who asks in that request. A `TypeError` where the request has no scope.
 *
 * @example
 * ```ts
 * import fastify, { type FastifyRequest } from 'fastify';
 * import { resource } from 'rxscope';
 * import { perRequest, requestScope } from 'rxscope/fastify';
 *
 * const log: string[] = [];
 * const user = perRequest((request: FastifyRequest) =>
 *   resource({
 *     acquire: () => ({ name: request.headers['x-user'] }),
 *     release: ({ name }) => log.push(`${name} has gone`),
 *   }),
 * );
 *
 * const app = fastify();
 * await app.register(requestScope());
 * app.get('/', { preHandler: user.preHandler }, async (request) => (await user(request)).name);
 *
 * const answer = await fetch(await app.listen(), { headers: { 'x-user': 'ada' } });
 * await answer.text(); // => 'ada'
 * await app.close();
 * log; // => ['ada has gone']
 * ```
 */
export function perRequest<T, R extends RequestPort = RequestPort>(
  factory: (request: R) => Resource<T>,
): PerRequest<T, R> {
  checkFunction(factory, 'factory');
  const handles = new WeakMap<RequestScope, Promise<T>>();
  const get = (request: R): Promise<T> => {
    const scope = scopeOf(request);
    let handle = handles.get(scope);
    if (handle === undefined) handles.set(scope, (handle = scope.enter(factory(request))));
    return handle;
  };
  const preHandler = async (request: R): Promise<void> => {
    await get(request);
  };
  return Object.assign(get, { preHandler });
}
