import type { ApplicationScope } from './application-scope.js';
import type { HttpReplyPort, HttpRequestPort, HttpResponsePort } from './http-port.js';
import { NestRequestScope } from './request-scope.js';

const scopes = /* @__PURE__ */ new WeakMap<object, NestRequestScope>();

/** The scope of a request, made for whoever comes first: a provider, or the interceptor. */
export function scopeFor(request: HttpRequestPort, reply: HttpReplyPort, app: ApplicationScope): NestRequestScope {
  const key = request.raw ?? request;
  let scope = scopes.get(key);
  if (scope === undefined) {
    const response: HttpResponsePort = 'raw' in reply ? reply.raw : reply;
    scope = new NestRequestScope(response, (error) => {
      app.tell(error, 'What belongs to a request failed to be released');
    });
    scopes.set(key, scope);
    app.keep(scope);
  }
  return scope;
}

/** The scope of a request that has been intercepted. */
export function scopeOf(request: HttpRequestPort): NestRequestScope {
  const scope = scopes.get(request.raw ?? request);
  if (scope !== undefined) return scope;
  throw new TypeError(
    'Expected a request with a scope, received one without. Import RxscopeModule.forRoot() in the application.',
  );
}
