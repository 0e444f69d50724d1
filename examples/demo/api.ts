import fastify, { type FastifyInstance } from 'fastify';
import type { Client } from 'pg';
import { mapValue, type Pool, type Resource } from 'rxscope';
import { fastifyServer, healthRoutes, perRequest, requestScope } from 'rxscope/fastify';
import { topCountries } from './city-table.js';
import type { City } from './city.js';
import { answerPage } from './page-route.js';

/** What the service has to offer. */
export interface ApiOptions {
  readonly cities: readonly City[];
  readonly pool: Pool<Client>;
  readonly table: string;
  readonly isReady: () => boolean;
}

/**
 * The HTTP API, listening. Its handle is its address.
 *
 * `/cities` are the pages that are to be brought into the database, `/countries` what the database makes of them, `/readyz`
 * and `/livez` are for whoever runs it.
 */
export function api(options: ApiOptions): Resource<string> {
  return fastifyServer(() => routes(options), { host: '127.0.0.1' }).pipe(mapValue((app) => app.listeningOrigin));
}

function routes({ cities, pool, table, isReady }: ApiOptions): FastifyInstance {
  const app = fastify({ return503OnClosing: false });
  // A connection for each request that asks for one, given back after the response, also where the client hangs up.
  const client = perRequest(() => pool.lease);
  void app.register(requestScope());
  void app.register(healthRoutes({ checks: { ready: () => refuse(!isReady()) } }));
  app.get('/cities', (request, reply) => {
    const { status, link, cities: found } = answerPage(cities, request.query as Record<string, unknown>);
    if (link !== undefined) void reply.header('link', link);
    return reply.code(status).send(found);
  });
  app.get('/countries', async (request) => topCountries(await client(request), table));
  return app;
}

function refuse(isBad: boolean): void {
  if (isBad) throw new Error('not ready');
}
