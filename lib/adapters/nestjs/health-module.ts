import { EMPTY, lastValueFrom, timer, type SchedulerLike } from 'rxjs';

import { acquireTimeout, lastValue, resource, using, type AcquireContext, type Awaitable } from '../../core/index.js';
import { checkDuration } from '../../internal/check.js';
import { ApplicationScope } from './application-scope.js';
import { Controller, Get, Inject, Injectable, Module, Res, type DynamicModule } from './framework.js';

/** Options of {@link RxscopeHealthModule}. */
export interface HealthOptions {
  /** Where it is asked whether the process is alive. Default `'livez'`. */
  readonly live?: string;
  /** Where it is asked whether requests should be sent here. Default `'readyz'`. */
  readonly ready?: string;
  /** What has to work for requests to be sent here, by name. One that throws, rejects or takes too long fails. Default: none. */
  readonly checks?: Readonly<Record<string, (context: AcquireContext) => Awaitable<unknown>>>;
  /** Milliseconds that a check may take; its signal aborts then. Default 1,000. */
  readonly checkTimeout?: number;
  /**
   * Milliseconds between saying that no more requests should come and closing anything: as long as a load balancer takes
   * to notice. Default 0.
   */
  readonly delay?: number;
  /** For both times. Default: RxJS's `asyncScheduler`. */
  readonly scheduler?: SchedulerLike;
}

const OPTIONS = 'rxscope:health';

interface StatusPort {
  status(code: number): unknown;
}

/** Answers both questions, and delays closing. */
class Health {
  constructor(
    private readonly scope: ApplicationScope,
    private readonly options: HealthOptions,
  ) {}

  async ready(response: StatusPort): Promise<unknown> {
    const unready = await this.reason();
    if (unready === null) return { status: 'ok' };
    response.status(503);
    return unready;
  }

  /** Called by Nest before it closes the server. */
  async onModuleDestroy(): Promise<void> {
    this.scope.closing = true;
    const { delay = 0, scheduler } = this.options;
    if (delay > 0) await lastValueFrom(timer(delay, scheduler), { defaultValue: 0 });
  }

  private async reason(): Promise<object | null> {
    if (this.scope.closing) return { status: 'closing' };
    if (this.scope.lost.size > 0) return { status: 'lost', lost: [...this.scope.lost] };
    const failing = await failingChecks(this.options);
    return failing.length > 0 ? { status: 'failing', failing } : null;
  }
}

Injectable()(Health);
Inject(ApplicationScope)(Health, undefined, 0);
Inject(OPTIONS)(Health, undefined, 1);

async function failingChecks({ checks = {}, checkTimeout = 1_000, scheduler }: HealthOptions): Promise<string[]> {
  const names = Object.keys(checks);
  const results = await Promise.all(
    Object.entries(checks).map(([name, acquire]) => {
      const check = resource({ name, acquire, interruptible: true }).pipe(acquireTimeout(checkTimeout, scheduler));
      const asked = using(check, () => EMPTY);
      return lastValue(asked, { defaultValue: true }).catch(() => false);
    }),
  );
  return names.filter((_, index) => results[index] === false);
}

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
    checkDuration(options.delay ?? 0, 'delay');
    checkDuration(options.checkTimeout ?? 0, 'checkTimeout');
    return {
      module: RxscopeHealthModule,
      providers: [Health, { provide: OPTIONS, useValue: options }],
      controllers: [controllerOf(options.live ?? 'livez', options.ready ?? 'readyz')],
    };
  }
}

Module({})(RxscopeHealthModule);
