import type { Resource } from '../../core/index.js';
import { ApplicationScope } from './application-scope.js';
import { REQUEST, Scope, type FactoryProvider, type InjectionToken } from './framework.js';
import type { HttpRequestPort } from './http-port.js';
import { checkSource, type ProvideOptions } from './provide-resource.js';
import { scopeFor } from './request-scopes.js';
import { Responses } from './responses.js';

/**
 * A resource for each request, as a provider in Nest's `REQUEST` scope: entered when Nest makes the provider for a request,
 * released when that is over, which Nest has no hook for (nestjs/nest#2809, #9497).
 *
 * Nest makes such a provider, and whatever it is injected into, anew for each request, before guards and whether the handler
 * uses it or not. Where the handler can ask, a parameter with {@link RequestScoped} and `scope.enter()` costs less.
 *
 * **Guarantees.** Those of the request scope, on Express and on Fastify; what a guard refuses is released with its answer.
 *
 * **Errors.** What entering fails with fails the request. So does a `TypeError` where the response is not known: in a middleware
 * of Nest on Fastify, which runs before it is, and outside of HTTP.
 *
 * @example
 * ```ts
 * import { resource } from 'rxscope';
 * import { provideRequestResource } from 'rxscope/nestjs';
 *
 * const session = (pool: string) => resource({ name: 'session', acquire: () => `session of ${pool}` });
 * provideRequestResource('SESSION', session, { inject: ['DB'] }).provide; // => 'SESSION'
 * ```
 */
export function provideRequestResource<T>(
  token: InjectionToken,
  source: Resource<T> | ((...dependencies: never[]) => Resource<T>),
  options: ProvideOptions = {},
): FactoryProvider<Promise<T>> {
  checkSource(source, 'provideRequestResource');
  return {
    provide: token,
    scope: Scope.REQUEST,
    inject: [REQUEST, ApplicationScope, Responses, ...(options.inject ?? [])],
    useFactory: (request: HttpRequestPort, app: ApplicationScope, responses: Responses, ...dependencies: unknown[]) => {
      const response = responses.of(request);
      if (response === undefined) {
        throw new TypeError(
          "Expected a request of Express, or of Fastify past Nest's middleware, received one whose response is not known. Use a parameter with @RequestScoped() instead.",
        );
      }
      const resource = typeof source === 'function' ? source(...(dependencies as never[])) : source;
      return scopeFor(request, response, app).enter(resource);
    },
  };
}
