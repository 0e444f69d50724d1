import { merge } from 'rxjs';

import { andThen, mapValue, resource, type Resource } from '../../core/index.js';
import { checkFunction } from '../../internal/check.js';
import { creating, type ApplicationScope } from './application-scope.js';

/** What is called of an application. */
export interface NestApplicationPort {
  close(): Promise<void>;
}

/**
 * A Nest application as a resource: created and started when it is entered, closed when it is released. For `lifespan`,
 * `runMain` and tests.
 *
 * **Guarantees.** `start` is called once it is created, to listen; without it the application is only made. Where creating
 * fails, in whatever provider, the resources that were entered are released before the error passes, which Nest has no hook
 * for; where starting fails, the application is closed. When an application resource is lost, so is this.
 *
 * Pass `abortOnError: false` to `NestFactory.create`: Nest ends the process instead of failing otherwise.
 *
 * **Errors.** Those of `create`, `start` and `app.close()`, as they are.
 *
 * @example
 * ```ts
 * import 'reflect-metadata';
 * import { Module } from '@nestjs/common';
 * import { NestFactory } from '@nestjs/core';
 * import { lastValue, using } from 'rxscope';
 * import { nestApplication, RxscopeModule } from 'rxscope/nestjs';
 *
 * class AppModule {}
 * Module({ imports: [RxscopeModule.forRoot()] })(AppModule);
 * const application = nestApplication(
 *   () => NestFactory.create(AppModule, { abortOnError: false, logger: false }),
 *   (app) => app.listen(0),
 * );
 * const asked = using(application, async (app) => (await fetch(await app.getUrl())).status);
 * await lastValue(asked); // => 404
 * ```
 */
export function nestApplication<A extends NestApplicationPort>(
  create: () => Promise<A>,
  start?: (app: A) => PromiseLike<unknown>,
): Resource<A> {
  checkFunction(create, 'create');
  const created = resource({
    name: 'nest',
    acquire: async () => {
      const scopes: ApplicationScope[] = [];
      try {
        return { scopes, app: await creating.run(scopes, create) };
      } catch (error) {
        // What a release fails with is logged there.
        for (const scope of scopes) await scope.release({ kind: 'error', error }).catch(() => undefined);
        throw error;
      }
    },
    release: ({ app }) => app.close(),
    lost: ({ scopes }) => merge(...scopes.map(({ lost$ }) => lost$)),
  });
  return created.pipe(
    andThen((made) =>
      resource({
        name: 'nest',
        acquire: async () => {
          await start?.(made.app);
          return made;
        },
      }),
    ),
    mapValue(({ app }) => app),
  );
}
