import { EMPTY, lastValueFrom, timer, type SchedulerLike } from 'rxjs';

import { acquireTimeout, lastValue, resource, using, type AcquireContext, type Awaitable } from '../../core/index.js';
import { checkDuration } from '../../internal/check.js';
import type { AppPort, HookPort, ReplyPort, RoutePort } from './app-port.js';
import { stateOf, type AppState } from './app-state.js';
import { asPlugin, type Plugin } from './plugin.js';

/** Options of {@link healthRoutes}. */
export interface HealthOptions {
  /** Where it is asked whether the process is alive. Default `'/livez'`. */
  readonly live?: string;
  /** Where it is asked whether requests should be sent here. Default `'/readyz'`. */
  readonly ready?: string;
  /** What has to work for requests to be sent here, by name. One that throws, rejects or takes too long fails. Default: none. */
  readonly checks?: Readonly<Record<string, (context: AcquireContext) => Awaitable<unknown>>>;
  /** Milliseconds that a check may take; its signal aborts then. Default 1,000. */
  readonly checkTimeout?: number;
  /**
   * Milliseconds between saying that no more requests should come and closing anything: as long as a load balancer takes
   * to notice. Default 0. Fastify answers everything with 503 in that time, unless it was made with
   * `return503OnClosing: false`, which a delay only makes sense with.
   */
  readonly delay?: number;
  /** For both times. Default: RxJS's `asyncScheduler`. */
  readonly scheduler?: SchedulerLike;
}

/**
 * Two routes that an orchestrator asks: whether the process is alive, and whether requests should be sent to it.
 *
 *     app.close()   ----^ delay .......^ no connection any more ^ in flight ended ^ resources released
 *     /readyz       200 | 503 closing
 *     /livez        200 ...............|
 *
 * **Guarantees.** Readiness is over, with 503, before anything is closed; as long as the server is reached at all, liveness
 * says 200, also while it closes: an orchestrator that is told otherwise kills what is finishing its work. A lost
 * {@link applicationResource} and a failing check make it not ready. The answer names what fails, never why.
 *
 * Make the application with `return503OnClosing: false`; Fastify itself answers 503 to both while it closes otherwise.
 *
 * @example
 * ```ts
 * import fastify from 'fastify';
 * import { healthRoutes } from 'rxscope/fastify';
 *
 * const app = fastify({ return503OnClosing: false });
 * await app.register(healthRoutes({ checks: { disk: () => Promise.reject(new Error('full')) } }));
 * const address = await app.listen();
 *
 * await (await fetch(`${address}/livez`)).json(); // => { status: 'ok' }
 * const ready = await fetch(`${address}/readyz`);
 * ready.status; // => 503
 * await ready.json(); // => { status: 'failing', failing: ['disk'] }
 * await app.close();
 * ```
 */
export function healthRoutes(options: HealthOptions = {}): Plugin {
  const { live = '/livez', ready = '/readyz', delay = 0, checkTimeout = 1_000, scheduler } = options;
  checkDuration(delay, 'delay');
  checkDuration(checkTimeout, 'checkTimeout');
  const plugin = (app: AppPort): Promise<void> => {
    const state = stateOf(app);
    const routes = app as unknown as RoutePort;
    const quiet = { logLevel: 'silent' };
    routes.get(live, quiet, () => Promise.resolve({ status: 'ok' }));
    routes.get(ready, quiet, (_request, reply) => readiness(state, options, reply));
    (app as unknown as HookPort).addHook('preClose', async () => {
      state.closing = true;
      if (delay > 0) await lastValueFrom(timer(delay, scheduler), { defaultValue: 0 });
    });
    return Promise.resolve();
  };
  return asPlugin(plugin, { name: 'rxscope-health' });
}

async function readiness(state: AppState, options: HealthOptions, reply: ReplyPort): Promise<unknown> {
  if (state.closing) return answer(reply, { status: 'closing' });
  if (state.lost.size > 0) return answer(reply, { status: 'lost', lost: [...state.lost] });
  const failing = await failingChecks(options);
  return failing.length > 0 ? answer(reply, { status: 'failing', failing }) : { status: 'ok' };
}

function answer(reply: ReplyPort, body: unknown): unknown {
  reply.code(503);
  return body;
}

async function failingChecks({ checks = {}, checkTimeout = 1_000, scheduler }: HealthOptions): Promise<string[]> {
  const names = Object.keys(checks);
  const results = await Promise.all(
    Object.entries(checks).map(([name, acquire]) => {
      const check = resource({ name, acquire, interruptible: true }).pipe(acquireTimeout(checkTimeout, scheduler));
      return lastValue(
        using(check, () => EMPTY),
        { defaultValue: true },
      ).catch(() => false);
    }),
  );
  return names.filter((_, index) => results[index] === false);
}
