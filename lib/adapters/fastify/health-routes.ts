import { checkReadinessOptions, Readiness, type ReadinessOptions } from '../response/readiness.js';
import type { AppPort, HookPort, RoutePort } from './app-port.js';
import { stateOf } from './app-state.js';
import { asPlugin, type Plugin } from './plugin.js';

/** Options of {@link healthRoutes}. */
export interface HealthOptions extends ReadinessOptions {
  /** Where it is asked whether the process is alive. Default `'/livez'`. */
  readonly live?: string;
  /** Where it is asked whether requests should be sent here. Default `'/readyz'`. */
  readonly ready?: string;
  /**
   * Milliseconds between saying that no more requests should come and closing anything: as long as a load balancer takes
   * to notice. Default 0. Fastify answers everything with 503 in that time, unless it was made with
   * `return503OnClosing: false`, which a delay only makes sense with.
   */
  readonly delay?: number;
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
  const { live = '/livez', ready = '/readyz' } = options;
  checkReadinessOptions(options);
  const plugin = (app: AppPort): Promise<void> => {
    const readiness = new Readiness(stateOf(app), options);
    const routes = app as unknown as RoutePort;
    const quiet = { logLevel: 'silent' };
    routes.get(live, quiet, () => Promise.resolve({ status: 'ok' }));
    routes.get(ready, quiet, async (_request, reply) => {
      const obstacle = await readiness.obstacle();
      if (obstacle !== null) reply.code(503);
      return obstacle ?? { status: 'ok' };
    });
    (app as unknown as HookPort).addHook('preClose', () => readiness.end());
    return Promise.resolve();
  };
  return asPlugin(plugin, { name: 'rxscope-health' });
}
