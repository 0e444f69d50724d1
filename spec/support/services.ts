import type { ClientConfig } from 'pg';
import { postgresServer, redisServer } from '../../examples/services/servers.js';
import { ownPostgres, type OwnPostgres } from '../../examples/services/own-postgres.js';
import { ownRedis, redisBinary, type OwnRedis } from '../../examples/services/own-redis.js';
import { lease, type Lease, type Resource } from '../../lib/index.js';

/**
 * Suites on real servers: the one that the environment points to, one that is installed, or one that an npm package
 * brings along. Where none can be had, the suite is skipped and says what is missing; the gate takes that for a failure.
 *
 * The server is started once for the suite. `ours` is for those that stop, freeze or kill it: a server of theirs alone,
 * whatever the environment says.
 */
export const describeWithPostgres = suiteOn<ClientConfig>(postgresServer, () => undefined);
export const describeWithOurPostgres = suiteOn<OwnPostgres>(ownPostgres, () => undefined);
export const describeWithRedis = suiteOn<string>(redisServer, missingRedisServer);
export const describeWithOurRedis = suiteOn<OwnRedis>(ownRedis, missingRedis);

/** Declares a suite. `body` is called at once, and `server` is there when its tests run. */
type Suite<T> = (title: string, body: (server: () => T) => void) => void;

function suiteOn<T>(start: () => Resource<T>, findMissing: () => string | undefined): Suite<T> {
  return (title, body) => {
    const missing = findMissing();
    if (missing !== undefined) {
      console.error(`SKIPPED: ${title}. ${missing}`);
      describe.skip(`${title} [${missing}]`, () => {
        body(() => {
          throw new Error(missing);
        });
      });
      return;
    }
    describe(title, () => {
      let held: Lease<T> | undefined;
      beforeAll(async () => {
        held = await lease(start());
      }, 60_000);
      afterAll(async () => {
        await held?.release();
      }, 60_000);
      body(() => {
        if (held === undefined) throw new Error('The server is there while tests run, not before.');
        return held.value;
      });
    });
  };
}

/** What has to be there for a Redis, and is not; undefined where there is one. */
export function missingRedisServer(): string | undefined {
  return process.env['REDIS_URL'] === undefined ? missingRedis() : undefined;
}

function missingRedis(): string | undefined {
  return redisBinary() === undefined ? 'No Redis: set REDIS_URL, or install redis-server' : undefined;
}
