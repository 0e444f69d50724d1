import type { Observable } from 'rxjs';

import { ApplicationScope } from './application-scope.js';
import { Inject, Injectable, type CallHandler, type ExecutionContext, type NestInterceptor } from './framework.js';
import type { HttpReplyPort, HttpRequestPort } from './http-port.js';
import { defaultPolicy, type RequestPolicy, type RequestScopeOptions } from './request-scope-options.js';
import { scopeFor } from './request-scopes.js';

/** Where the choices of one handler or controller are kept, and those of the application are injected. */
export const OPTIONS = 'rxscope:request-scope';

/** Opens a scope for each request of HTTP. Contexts of other transports are left as they are. */
export class RequestScopeInterceptor implements NestInterceptor {
  constructor(
    private readonly app: ApplicationScope,
    private readonly options: RequestScopeOptions,
  ) {}

  intercept(context: ExecutionContext, next: CallHandler): Observable<unknown> {
    if (context.getType() !== 'http') return next.handle();
    const http = context.switchToHttp();
    const scope = scopeFor(http.getRequest<HttpRequestPort>(), http.getResponse<HttpReplyPort>(), this.app);
    return scope.handle(next.handle(), this.policyOf(context));
  }

  /** The handler's choice, before that of its controller, before that of the application. */
  private policyOf(context: ExecutionContext): RequestPolicy {
    return {
      ...defaultPolicy,
      ...this.options,
      ...optionsOf(context.getClass()),
      ...optionsOf(context.getHandler()),
    };
  }
}

Injectable()(RequestScopeInterceptor);
Inject(ApplicationScope)(RequestScopeInterceptor, undefined, 0);
Inject(OPTIONS)(RequestScopeInterceptor, undefined, 1);

function optionsOf(target: object): RequestScopeOptions | undefined {
  return Reflect.getMetadata(OPTIONS, target) as RequestScopeOptions | undefined;
}
