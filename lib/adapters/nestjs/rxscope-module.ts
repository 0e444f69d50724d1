import { ApplicationScope } from './application-scope.js';
import { APP_INTERCEPTOR, Module, type DynamicModule, type FactoryProvider } from './framework.js';
import { OPTIONS, RequestScopeInterceptor } from './request-scope-interceptor.js';
import { Responses } from './responses.js';
import { checkRequestScopeOptions, type RequestScopeOptions } from './request-scope-options.js';

/**
 * Resources in a Nest application: `forRoot()` once, in its root module, then {@link provideResource} in any module,
 * or `forFeature()` for some that several modules share.
 *
 * `forRoot()` makes a global module, which Nest stops after all others, and intercepts each request of HTTP, on Express and on
 * Fastify, so that there is a scope for it: {@link RequestScoped}.
 *
 * **Guarantees.** Application resources are released when the server has answered what was in flight, in reverse order of having
 * been entered. A request's are released after its response, or as {@link RequestScopePolicy} says; told `complete`,
 * `error` with the handler's very error, or `unsubscribe` where the client has hung up, also in the middle of an
 * answer, and for `@Sse()`. `app.close()` waits for all of them, and for no connection that a client would keep after an answer:
 * what is answered from then on says `Connection: close`.
 *
 * **Cancellation.** The client's hanging up unsubscribes the observable of the handler, which ends with `undefined`, not with
 * RxJS's `EmptyError`. `enableShutdownHooks()` has to be called for signals to close an application, as ever with Nest.
 *
 * **Errors.** A failed release is logged. A `TypeError` at the call for bad options.
 *
 * @example
 * ```ts
 * import 'reflect-metadata';
 * import { Module } from '@nestjs/common';
 * import { NestFactory } from '@nestjs/core';
 * import { resource } from 'rxscope';
 * import { provideResource, RxscopeModule } from 'rxscope/nestjs';
 *
 * const log: string[] = [];
 * const pool = resource({ name: 'pool', acquire: async () => 'pool', release: async () => log.push('pool closed') });
 *
 * class DatabaseModule {}
 * const database = RxscopeModule.forFeature([provideResource('DB', pool)]);
 * Module({ imports: [database], exports: [database] })(DatabaseModule);
 * class AppModule {}
 * Module({ imports: [RxscopeModule.forRoot(), DatabaseModule] })(AppModule);
 *
 * const app = await NestFactory.create(AppModule, { logger: false });
 * await app.init();
 * app.get('DB'); // => 'pool'
 * await app.close();
 * log; // => ['pool closed']
 * ```
 */
// eslint-disable-next-line @typescript-eslint/no-extraneous-class -- what Nest calls a module is a class
export class RxscopeModule {
  /** Once, in the root module. The options are those of all requests. */
  static forRoot(options: RequestScopeOptions = {}): DynamicModule {
    checkRequestScopeOptions(options);
    return {
      module: RxscopeModule,
      global: true,
      providers: [
        ApplicationScope,
        Responses,
        { provide: OPTIONS, useValue: options },
        { provide: APP_INTERCEPTOR, useClass: RequestScopeInterceptor },
      ],
      exports: [ApplicationScope, Responses],
    };
  }

  /** A module of its own for some resources, which exports them. */
  static forFeature(resources: readonly FactoryProvider[]): DynamicModule {
    return {
      module: RxscopeFeatureModule,
      providers: [...resources],
      exports: resources.map(({ provide }) => provide),
    };
  }
}

// eslint-disable-next-line @typescript-eslint/no-extraneous-class -- what Nest calls a module is a class
class RxscopeFeatureModule {}

Module({})(RxscopeModule);
Module({})(RxscopeFeatureModule);
