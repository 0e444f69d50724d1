import { checkReadinessOptions, Readiness, type ReadinessOptions } from '../response/readiness.js';
import { ApplicationScope } from './application-scope.js';
import { Controller, Get, Inject, Injectable, Module, Res, type DynamicModule } from './framework.js';

/** Options of {@link RxscopeHealthModule}. */
export interface HealthOptions extends ReadinessOptions {
  /** Where it is asked whether the process is alive. Default `'livez'`. */
  readonly live?: string;
  /** Where it is asked whether requests should be sent here. Default `'readyz'`. */
  readonly ready?: string;
}

const OPTIONS = 'rxscope:health';

interface StatusPort {
  status(code: number): unknown;
}

/** Answers both questions, and delays closing. */
class Health {
  private readonly readiness: Readiness;

  constructor(scope: ApplicationScope, options: HealthOptions) {
    this.readiness = new Readiness(scope, options);
  }

  async ready(response: StatusPort): Promise<unknown> {
    const obstacle = await this.readiness.obstacle();
    if (obstacle !== null) response.status(503);
    return obstacle ?? { status: 'ok' };
  }

  /** Called by Nest before it closes the server. */
  onModuleDestroy(): Promise<void> {
    return this.readiness.end();
  }
}

Injectable()(Health);
Inject(ApplicationScope)(Health, undefined, 0);
Inject(OPTIONS)(Health, undefined, 1);

/** Two routes that an orchestrator asks. Decorators as the functions that they are: a class for each pair of paths. */
function controllerOf(live: string, ready: string): new (health: Health) => object {
  class HealthController {
    constructor(private readonly health: Health) {}

    live(): unknown {
      return { status: 'ok' };
    }

    ready(response: StatusPort): Promise<unknown> {
      return this.health.ready(response);
    }
  }
  const { prototype } = HealthController;
  const get = (path: string, method: 'live' | 'ready'): void => {
    Get(path)(prototype, method, Object.getOwnPropertyDescriptor(prototype, method) as PropertyDescriptor);
  };
  Controller()(HealthController);
  Inject(Health)(HealthController, undefined, 0);
  get(live, 'live');
  get(ready, 'ready');
  Res({ passthrough: true })(prototype, 'ready', 0);
  return HealthController;
}

/**
 * Two routes that an orchestrator asks: whether the process is alive, and whether requests should be sent to it.
 *
 *     app.close()   ----^ delay .......^ no connection any more ^ in flight ended ^ resources released
 *     /readyz       200 | 503 closing
 *     /livez        200 .....................................|
 *
 * **Guarantees.** Readiness is over, with 503, before anything of this library is closed; liveness says 200 as long as the server
 * is reached, also while it closes: an orchestrator that is told otherwise kills what is finishing its work. A lost
 * resource and a failing check make it not ready. The answer names what fails, never why.
 *
 * On Fastify, make the adapter with `new FastifyAdapter({ return503OnClosing: false })`: Fastify itself answers 503 to both on
 * connections that are still open when the delay is over.
 *
 * Import it after `RxscopeModule.forRoot()`. Guards and prefixes of the application hold for it as for any controller.
 *
 * @example
 * ```ts
 * import 'reflect-metadata';
 * import { Module } from '@nestjs/common';
 * import { NestFactory } from '@nestjs/core';
 * import { RxscopeHealthModule, RxscopeModule } from 'rxscope/nestjs';
 *
 * const checks = { disk: () => Promise.reject(new Error('full')) };
 * class AppModule {}
 * Module({ imports: [RxscopeModule.forRoot(), RxscopeHealthModule.forRoot({ checks })] })(AppModule);
 * const app = await NestFactory.create(AppModule, { logger: false });
 * await app.listen(0);
 * const address = await app.getUrl();
 *
 * await (await fetch(`${address}/livez`)).json(); // => { status: 'ok' }
 * await (await fetch(`${address}/readyz`)).json(); // => { status: 'failing', failing: ['disk'] }
 * await app.close();
 * ```
 */
// eslint-disable-next-line @typescript-eslint/no-extraneous-class -- what Nest calls a module is a class
export class RxscopeHealthModule {
  /** Once, in the root module. */
  static forRoot(options: HealthOptions = {}): DynamicModule {
    checkReadinessOptions(options);
    return {
      module: RxscopeHealthModule,
      providers: [Health, { provide: OPTIONS, useValue: options }],
      controllers: [controllerOf(options.live ?? 'livez', options.ready ?? 'readyz')],
    };
  }
}

Module({})(RxscopeHealthModule);
