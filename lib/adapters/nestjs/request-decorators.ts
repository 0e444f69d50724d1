import { createParamDecorator, SetMetadata, type ExecutionContext } from './framework.js';
import type { HttpRequestPort } from './http-port.js';
import { OPTIONS } from './request-scope-interceptor.js';
import { checkRequestScopeOptions, type RequestScopeOptions } from './request-scope-options.js';
import { scopeOf } from './request-scopes.js';

/**
 * The {@link RequestScope} of the request, as a parameter of a handler: `list(@RequestScoped() scope: RequestScope)`.
 *
 * `scope.enter(resource)` enters what is released when the request is over; `scope.signal` aborts when the client has gone.
 *
 * @example
 * ```ts
 * import 'reflect-metadata';
 * import { Controller, Get, Module } from '@nestjs/common';
 * import { NestFactory } from '@nestjs/core';
 * import { resource } from 'rxscope';
 * import { RequestScoped, RxscopeModule, type RequestScope } from 'rxscope/nestjs';
 *
 * const log: string[] = [];
 * const session = resource({ acquire: () => 'session', release: (_, exit) => log.push(`released: ${exit.kind}`) });
 *
 * class AppController {
 *   async show(scope: RequestScope) {
 *     return `in a ${await scope.enter(session)}`;
 *   }
 * }
 * // What @Controller(), @Get() and @RequestScoped() do.
 * Controller()(AppController);
 * Get()(AppController.prototype, 'show', Object.getOwnPropertyDescriptor(AppController.prototype, 'show')!);
 * RequestScoped()(AppController.prototype, 'show', 0);
 * class AppModule {}
 * Module({ imports: [RxscopeModule.forRoot()], controllers: [AppController] })(AppModule);
 *
 * const app = await NestFactory.create(AppModule, { logger: false });
 * await app.listen(0);
 * await (await fetch(await app.getUrl())).text(); // => 'in a session'
 * await app.close();
 * log; // => ['released: complete']
 * ```
 */
export function RequestScoped(): ParameterDecorator {
  return parameter();
}

const parameter = /* @__PURE__ */ createParamDecorator((_data: unknown, context: ExecutionContext) =>
  scopeOf(context.switchToHttp().getRequest<HttpRequestPort>()),
);

/**
 * Chooses for one handler, or for all of a controller, when what belongs to a request is released:
 * `@RequestScopePolicy({ onDisconnect: 'finish' })`. What is not named stays as `RxscopeModule.forRoot()` was told.
 *
 * @example
 * ```ts
 * import 'reflect-metadata';
 * import { RequestScopePolicy } from 'rxscope/nestjs';
 *
 * class UploadController {}
 * RequestScopePolicy({ onDisconnect: 'finish', release: 'before-response' })(UploadController);
 * Reflect.getMetadataKeys(UploadController).length; // => 1
 * ```
 */
export function RequestScopePolicy(options: RequestScopeOptions): ClassDecorator & MethodDecorator {
  checkRequestScopeOptions(options);
  return SetMetadata(OPTIONS, options);
}
