import type { Resource } from '../../core/index.js';
import { kindOf } from '../../internal/check.js';
import { ApplicationScope } from './application-scope.js';
import type { FactoryProvider, InjectionToken } from './framework.js';

/** Options of {@link provideResource}. */
export interface ProvideOptions {
  /** Tokens of what the function is called with. Default: none. */
  readonly inject?: readonly InjectionToken[];
}

/**
 * A resource as a provider: its handle is what is injected for `token`, for as long as the application runs.
 *
 * Use it for pools, clients, caches, in any module of an application that imports `RxscopeModule.forRoot()`. A function
 * is called with what `inject` names: other resources, configuration.
 *
 * **Guarantees.** Entered while Nest makes its providers, what it depends on before it; released in reverse, each finished before
 * the next, after the server has answered what was in flight and after every `onModuleDestroy`,
 * `beforeApplicationShutdown` and other module's `onApplicationShutdown`. Where one fails to enter, `NestFactory.create` fails with
 * that error, and those entered before are released at once. Where another provider fails, nobody is told: make the
 * application with {@link nestApplication}.
 *
 * **Errors.** What releasing fails with is logged; `app.close()` rejects with the first, and the others are released all the same. A
 * release that hangs holds `close()` up: give the resource a `releaseTimeout`. A loss is logged, and ends readiness.
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
 * const part = (name: string) => resource({ name, acquire: () => name, release: () => log.push(`${name} closed`) });
 *
 * class AppModule {}
 * Module({
 *   imports: [RxscopeModule.forRoot()],
 *   providers: [
 *     provideResource('USERS', (db: string) => part(`users in ${db}`), { inject: ['DB'] }),
 *     provideResource('DB', part('database')),
 *   ],
 * })(AppModule);
 *
 * const app = await NestFactory.createApplicationContext(AppModule, { logger: false });
 * app.get('USERS'); // => 'users in database'
 * await app.close();
 * log; // => ['users in database closed', 'database closed']
 * ```
 */
export function provideResource<T>(
  token: InjectionToken,
  source: Resource<T> | ((...dependencies: never[]) => Resource<T>),
  options: ProvideOptions = {},
): FactoryProvider<Promise<T>> {
  checkSource(source, 'provideResource');
  return {
    provide: token,
    inject: [ApplicationScope, ...(options.inject ?? [])],
    useFactory: (scope: ApplicationScope, ...dependencies: unknown[]) =>
      scope.enter(typeof source === 'function' ? source(...(dependencies as never[])) : source),
  };
}

/** Refuses what is neither a resource nor a function that makes one. */
export function checkSource(source: unknown, caller: string): void {
  // A resource of another copy of the package is no instance of ours; entering it tells what else it is not.
  if (typeof source === 'function') return;
  if (typeof (source as { readonly pipe?: unknown } | null | undefined)?.pipe === 'function') return;
  throw new TypeError(
    `${caller}() expects a Resource, or a function that makes one, received ${kindOf(source)}. Make one with resource().`,
  );
}
